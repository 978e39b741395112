import { EVENTS } from '@homeward/protocol/event';
import type { AgentLog } from '../log.ts';
import type { AgentRules } from './agent-rules.ts';
import { judgeAccount, type RuleRefusal, type Subject } from './judge-account.ts';
import { type ForestOfRules, openRuleNames } from './rule-names.ts';
import { watchRulesFile } from './watch-rules-file.ts';
import { type OpenBreaker, openBreaker } from './write-breaker.ts';

export type RulesDeps = {
  /** as they were when the agent started */
  rules: AgentRules;
  /** where they are read anew while it runs; undefined where the defaults hold */
  file?: string | undefined;
  stateFolder: string;
  forests: readonly ForestOfRules[];
  clock: { now: () => number };
  log: AgentLog;
  /** ms between two looks at the file */
  every?: number;
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
  returnVerifier: () => boolean;
  /** Reads the file now; what comes of it is in the log. */
  reread: () => void;
  close: () => void;
};

export function openRules({ rules: first, file, stateFolder, forests, ...deps }: RulesDeps): Rules {
  const { clock, log, every } = deps;
  const domains = new Map(forests.map(({ sid, domain }) => [sid, domain]));
  let rules = first;

  const breaker = openBreaker(stateFolder, rules, ({ forest, limit, allowed }) =>
    log.error(
      { event: EVENTS.requestRefused, forest: domains.get(forest), limit, allowed },
      'too many writes: the breaker is open, and nothing more is written until it is closed on this machine',
    ),
  );
  const names = openRuleNames({ forests, log });
  names.lookUp(rules);
  const watch = watchRulesFile({
    ...{ file, rules, domains: [...domains.values()], stateFolder, clock, log },
    ...(every !== undefined && { every }),
    take(next) {
      rules = next;
      breaker.setLimits(next);
      names.lookUp(next);
    },
  });

  return {
    check({ now, ...subject }) {
      const { forest, operation } = subject;
      const domain = domains.get(forest);
      if (domain === undefined) return { rule: 'scope', detail: 'the forest is not one of this agent’s' };
      const refused = judgeAccount(rules, subject, { domain, resolved: names.of(forest) });
      if (refused !== undefined || operation === 'verify') return refused;
      if (operation !== 'dryRun') return breaker.wouldRefuse(forest, now);
      const isOpen = breaker.openOnes().some((one) => one.forest === forest);
      return isOpen ? { rule: 'breaker', detail: 'the breaker is open' } : undefined;
    },
    countWrite: breaker.countWrite,
    breakerOpen: () => breaker.openOnes().length > 0,
    openBreakers: breaker.openOnes,
    returnVerifier: () => rules.returnVerifier,
    reread: watch.reread,
    close() {
      watch.close();
      names.close();
      breaker.close();
    },
  };
}
