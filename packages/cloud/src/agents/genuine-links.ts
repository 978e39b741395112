/**
 * Which links may carry requests. The key that a link was opened with shows that somebody has the agent's disk, and
 * whoever runs a copy of the machine has it too. So nothing is sent on a link before a report came by it, and none is
 * taken from one machine more than there can be: two starts of an agent never run at once, since each holds the lock
 * of its journal, and one start keeps two links. A link that is dead and was not noticed to be must shut nobody out,
 * so who is there counts by an answer to a ping that was sent after the report.
 */
import type { AgentReport } from '@homeward/protocol/report';
import type { AgentLink } from '@homeward/relay';

export type LinkVerdict = 'genuine' | 'cloned' | 'gone';

export type GenuineLinks = {
  isGenuine: (link: AgentLink) => boolean;
  /** A link is ready: where its agent has no other, it is worth waiting a moment for what it is. */
  arrived: (link: AgentLink) => void;
  /** Resolves when the links that are just arriving were judged, or at once where there are none. */
  settled: () => Promise<void>;
  judge: (link: AgentLink, report: Pick<AgentReport, 'session' | 'instance'>) => Promise<LinkVerdict>;
  /** The report was taken. @returns false where the link was genuine already */
  take: (link: AgentLink) => boolean;
};

export type GenuineLinksDeps = {
  linksTo: (agentId: string) => AgentLink[];
  /** ms to answer a ping */
  answerWithin?: number;
};

const LINKS_OF_AN_AGENT = 2;
const ANSWER_WITHIN = 3_000;
/** A report comes within a round trip of its link; nobody waits for longer for one that does not. ms */
const ARRIVING = 1_000;

export function genuineLinks({ linksTo, answerWithin = ANSWER_WITHIN }: GenuineLinksDeps): GenuineLinks {
  const starts = new WeakMap<AgentLink, string>();
  const genuine = new WeakSet<AgentLink>();
  const arriving = new Map<AgentLink, PromiseWithResolvers<void>>();

  function landed(link: AgentLink): void {
    arriving.get(link)?.resolve();
    arriving.delete(link);
  }

  async function count(link: AgentLink, start: string): Promise<LinkVerdict> {
    const others = linksTo(link.agentId).filter((other) => other !== link && starts.has(other));
    const isOwn = (other: AgentLink) => starts.get(other) === start;
    if (others.every(isOwn) && others.length < LINKS_OF_AN_AGENT) return link.isReady ? 'genuine' : 'gone';
    const answers = await Promise.all([link, ...others].map((each) => each.answers(answerWithin)));
    if (!answers[0]) return 'gone';
    const there = others.filter((_, index) => answers[index + 1]);
    return there.every(isOwn) && there.length < LINKS_OF_AN_AGENT ? 'genuine' : 'cloned';
  }

  return {
    isGenuine: (link) => genuine.has(link),
    arrived(link) {
      if (linksTo(link.agentId).some((other) => genuine.has(other))) return;
      arriving.set(link, Promise.withResolvers());
      setTimeout(() => landed(link), ARRIVING).unref();
    },
    async settled() {
      if (arriving.size > 0) await Promise.all([...arriving.values()].map(({ promise }) => promise));
    },
    async judge(link, { session, instance }) {
      if (genuine.has(link)) return 'genuine';
      const start = `${session} ${instance}`;
      // At once: of two that come together, the second must see the first.
      starts.set(link, start);
      const verdict = await count(link, start);
      if (verdict !== 'genuine') landed(link);
      return verdict;
    },
    take(link) {
      const isNew = !genuine.has(link);
      genuine.add(link);
      landed(link);
      return isNew;
    },
  };
}
