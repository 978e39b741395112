/** What comes from agents, to whoever it is for, and what its link is worth after it. */
import type { FrameHeader } from '@homeward/protocol/frame';
import { unpack } from '@homeward/protocol/package';
import type { AgentLink } from '@homeward/relay';
import { type AgentRegistry, packageKeyOf } from './agent-registry.ts';
import { countingForgeries } from './forged-frames.ts';
import type { GenuineLinks } from './genuine-links.ts';
import type { Offers } from './offers.ts';
import type { SentRequests } from './sent-requests.ts';
import { REPORTING, type StatusWatch } from './status-watch.ts';

export type AnswerTakerDeps = {
  registry: Pick<AgentRegistry, 'get'>;
  tenantId: string;
  offers: Pick<Offers, 'receive'>;
  sent: Pick<SentRequests, 'receive'>;
};

export type FrameTakerDeps = AnswerTakerDeps & {
  watch: Pick<StatusWatch, 'connected' | 'receive'>;
  sent: Pick<SentRequests, 'connected' | 'askAbout'>;
  links: GenuineLinks;
};

export type FrameTaker = {
  connected: (agentId: string, link: AgentLink) => void;
  receive: (header: FrameHeader, frame: Uint8Array, link: AgentLink) => Promise<void>;
};

export function frameTaker(deps: FrameTakerDeps): FrameTaker {
  const { watch, sent, links } = deps;
  const takeAnswer = answerTaker(deps);

  async function takeReport(header: FrameHeader, frame: Uint8Array, link: AgentLink): Promise<void> {
    const was = await watch.receive(header, frame, (report) => links.judge(link, report));
    if (was === 'forged') link.noteForged();
    if (was !== 'taken' && was !== 'takenInPart') return;
    // Only now: a copy of the agent has no memory of what was granted, and would write it again.
    if (links.take(link)) await sent.connected(header.agentId);
    else if (was === 'taken' && header.type === 'heartbeat') await sent.askAbout(header.agentId);
  }

  return {
    connected(agentId, link) {
      links.arrived(link);
      watch.connected(agentId);
    },
    receive: (header, frame, link) =>
      REPORTING.has(header.type)
        ? takeReport(header, frame, link)
        : countingForgeries(link, takeAnswer(header, frame)),
  };
}

/** What answers an offer or a request. Whatever is not authentic changes nothing. */
export function answerTaker({ registry, tenantId, offers, sent }: AnswerTakerDeps) {
  return async (header: FrameHeader, frame: Uint8Array): Promise<void> => {
    const agent = registry.get(header.agentId);
    if (agent === undefined) return;
    if (header.type === 'reply') return sent.receive(header, frame, agent);
    const { body } = await unpack(frame, tenantId, (id) => packageKeyOf(agent, id));
    offers.receive(header, body);
  };
}
