import { EVENTS } from '@homeward/protocol/event';
import type { AgentLog } from '../log.ts';
import { type AgentRules, isInDomain, namesToResolve } from './agent-rules.ts';
import { judgeAccount, type ResolvedNames, type RuleRefusal, type Subject } from './judge-account.ts';
import { type OpenBreaker, openBreaker } from './write-breaker.ts';

export type RulesDeps = {
  rules: AgentRules;
  stateFolder: string;
  forests: readonly {
    /** of the forest's root domain */
    sid: string;
    domain: string;
    /** asks the forest's directory; used only where the rules have names that are no SIDs */
    resolve: (names: { groups: string[]; people: string[] }) => Promise<ResolvedNames>;
  }[];
  log: AgentLog;
};

/** What this agent allows, whatever the cloud orders. */
export type Rules = {
  /**
   * To be asked as soon as the account was read, and again where it was read anew before the write. Undefined
   * allows. A dry run hears of an open breaker, too, but opens none.
   */
  check: (subject: Subject & { /** Unix ms */ now: number }) => RuleRefusal | undefined;
  /** To be called right before a modify leaves; a refusal means that it must not. @param now Unix ms */
  countWrite: (forest: string, now: number) => RuleRefusal | undefined;
  breakerOpen: () => boolean;
  openBreakers: () => OpenBreaker[];
  returnVerifier: boolean;
  close: () => void;
};

const LOOK_UP_EVERY = 10 * 60_000;
const LOOK_UP_AGAIN = 15_000;

export function openRules({ rules, stateFolder, forests, log }: RulesDeps): Rules {
  const domains = new Map(forests.map(({ sid, domain }) => [sid, domain]));
  const resolved = new Map<string, ResolvedNames>();
  const timers = new Map<string, NodeJS.Timeout>();
  let isClosed = false;

  const breaker = openBreaker(stateFolder, rules, ({ forest, limit, allowed }) =>
    log.error(
      { event: EVENTS.requestRefused, forest: domains.get(forest), limit, allowed },
      'too many writes: the breaker is open, and nothing more is written until it is closed on this machine',
    ),
  );

  const lookUp = async (forest: RulesDeps['forests'][number]): Promise<void> => {
    const { groups, people } = namesToResolve(rules);
    const mine = { groups: groups.filter((name) => isInDomain(name, forest.domain)), people };
    if (mine.groups.length + mine.people.length === 0) return;
    let again = LOOK_UP_EVERY;
    try {
      const found = await forest.resolve(mine);
      for (const name of mine.groups.filter(
        (each) => found.get(each) === null && !isKnownMissing(forest.sid, each),
      ))
        log.error(
          { event: EVENTS.configurationError, forest: forest.domain, name },
          'a group of scope.excludeGroups is not in the directory: nobody of this forest is served until it is mended',
        );
      resolved.set(forest.sid, found);
    } catch (err) {
      again = LOOK_UP_AGAIN;
      log.warn({ err, forest: forest.domain }, 'the names in the rules could not be looked up; trying again');
    }
    if (!isClosed) timers.set(forest.sid, setTimeout(() => void lookUp(forest), again).unref());
  };
  const isKnownMissing = (sid: string, name: string) => resolved.get(sid)?.get(name) === null;
  for (const forest of forests) void lookUp(forest);

  return {
    check({ now, ...subject }) {
      const { forest, operation } = subject;
      const domain = domains.get(forest);
      if (domain === undefined) return { rule: 'scope', detail: 'the forest is not one of this agent’s' };
      const refused = judgeAccount(rules, subject, { domain, resolved: resolved.get(forest) });
      if (refused !== undefined || operation === 'verify') return refused;
      if (operation !== 'dryRun') return breaker.wouldRefuse(forest, now);
      const isOpen = breaker.openOnes().some((one) => one.forest === forest);
      return isOpen ? { rule: 'breaker', detail: 'the breaker is open' } : undefined;
    },
    countWrite: breaker.countWrite,
    breakerOpen: () => breaker.openOnes().length > 0,
    openBreakers: breaker.openOnes,
    returnVerifier: rules.returnVerifier,
    close() {
      isClosed = true;
      for (const timer of timers.values()) clearTimeout(timer);
      breaker.close();
    },
  };
}
