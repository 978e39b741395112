/** The names in the rules that only a directory can turn into SIDs, asked for again and again. */
import { EVENTS } from '@homeward/protocol/event';
import type { AgentLog } from '../log.ts';
import { type AgentRules, isInDomain, namesToResolve } from './agent-rules.ts';
import type { ResolvedNames } from './judge-account.ts';

export type ForestOfRules = {
  /** of the forest's root domain */
  sid: string;
  domain: string;
  /** asks the forest's directory; used only where the rules have names that are no SIDs */
  resolve: (names: { groups: string[]; people: string[] }) => Promise<ResolvedNames>;
};

export type RuleNames = {
  /** Asks every directory for the names in these rules; what is known of the same names holds until it answers. */
  lookUp: (rules: AgentRules) => void;
  /** undefined while this forest's directory has not answered at all */
  of: (forest: string) => ResolvedNames | undefined;
  close: () => void;
};

const LOOK_UP_EVERY = 10 * 60_000;
const LOOK_UP_AGAIN = 15_000;

export function openRuleNames({
  forests,
  log,
}: {
  forests: readonly ForestOfRules[];
  log: AgentLog;
}): RuleNames {
  const resolved = new Map<string, ResolvedNames>();
  const timers = new Map<string, NodeJS.Timeout>();
  // An answer to what earlier rules asked must not stand in for the one to these.
  let round = 0;

  const stop = () => {
    round += 1;
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
  };

  const ask = async (forest: ForestOfRules, rules: AgentRules, mine: number): Promise<void> => {
    const { groups, people } = namesToResolve(rules);
    const names = { groups: groups.filter((name) => isInDomain(name, forest.domain)), people };
    if (names.groups.length + names.people.length === 0) return;
    let again = LOOK_UP_EVERY;
    try {
      const found = await forest.resolve(names);
      if (round !== mine) return;
      tellMissing(forest, names.groups, found);
      resolved.set(forest.sid, found);
    } catch (err) {
      if (round !== mine) return;
      again = LOOK_UP_AGAIN;
      log.warn({ err, forest: forest.domain }, 'the names in the rules could not be looked up; trying again');
    }
    timers.set(forest.sid, setTimeout(() => void ask(forest, rules, mine), again).unref());
  };

  const tellMissing = ({ sid, domain }: ForestOfRules, groups: string[], found: ResolvedNames) => {
    const isNew = (name: string) => found.get(name) === null && resolved.get(sid)?.get(name) !== null;
    for (const name of groups.filter(isNew))
      log.error(
        { event: EVENTS.configurationError, forest: domain, name },
        'a group of scope.excludeGroups is not in the directory: nobody of this forest is served until it is mended',
      );
  };

  return {
    lookUp(rules) {
      stop();
      const mine = round;
      for (const forest of forests) void ask(forest, rules, mine);
    },
    of: (forest) => resolved.get(forest),
    close: stop,
  };
}
