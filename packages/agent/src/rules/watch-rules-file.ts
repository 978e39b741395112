/** The rules file while the agent runs: looked at every few seconds, and taken when it has changed and is in order. */
import { isDeepStrictEqual } from 'node:util';
import { EVENTS } from '@homeward/protocol/event';
import type { AgentLog } from '../log.ts';
import type { AgentRules } from './agent-rules.ts';
import { clearRulesFacts, type RulesFacts, writeRulesFacts } from './rules-facts.ts';
import { readRulesFile } from './rules-file.ts';

export type WatchDeps = {
  /** undefined: the configuration names none, and `rules` hold for good */
  file: string | undefined;
  /** those that hold now */
  rules: AgentRules;
  /** of the agent's forests */
  domains: readonly string[];
  stateFolder: string;
  clock: { now: () => number };
  log: AgentLog;
  /** gets rules that are in order, and other than those before */
  take: (rules: AgentRules) => void;
  /** ms between two looks */
  every?: number;
};

export type RulesWatch = {
  facts: () => RulesFacts;
  /** Reads the file now, because somebody asked for it: what comes of it is said in any case. */
  reread: () => void;
  close: () => void;
};

const LOOK_EVERY = 3_000;
/** ms in which a file may change again without a new mtime */
const CLOCK_TICK = 2_000;

export function watchRulesFile(deps: WatchDeps): RulesWatch {
  const { file, domains, stateFolder, clock, log } = deps;
  let inForce = deps.rules;
  let facts: RulesFacts = { ...(file !== undefined && { file }), asOf: clock.now(), problems: [] };
  let stamp: string | undefined;
  let suspected: string[] | undefined;

  const leaveFacts = (next: RulesFacts) => {
    facts = next;
    try {
      writeRulesFacts(stateFolder, facts);
    } catch (err) {
      // A full disk costs a line of `status`, not the rules.
      log.debug({ err }, 'the state of the rules could not be left for status');
    }
  };

  const take = (rules: AgentRules, isAsked: boolean) => {
    suspected = undefined;
    const names = Object.keys(rules) as (keyof AgentRules)[];
    const changed = names.filter((name) => !isDeepStrictEqual(rules[name], inForce[name]));
    const wereProblems = facts.problems.length > 0;
    if (changed.length > 0) {
      inForce = rules;
      deps.take(rules);
      leaveFacts({ ...facts, asOf: clock.now(), problems: [] });
      log.info({ file, changed }, 'the rules file has changed: its rules hold from the next request on');
    } else if (wereProblems) {
      leaveFacts({ ...facts, problems: [] });
      log.info({ file }, 'the rules file is in order again, and says what held meanwhile');
    } else if (isAsked) log.info({ file }, 'the rules file was read: nothing in it has changed');
  };

  /** @returns whether that has been said */
  const refuse = (problems: string[], isAsked: boolean): boolean => {
    // Whoever saves the file may be in the middle of it: the next look tells.
    const isConfirmed = isAsked || isDeepStrictEqual(problems, suspected);
    suspected = problems;
    if (!isConfirmed) return false;
    if (!isAsked && isDeepStrictEqual(problems, facts.problems)) return true;
    leaveFacts({ ...facts, problems });
    const since = new Date(facts.asOf).toISOString();
    log.error(
      { event: EVENTS.configurationError, code: 'ERR_CONFIG_INVALID', file, problems },
      `the rules file cannot be used, and the rules of ${since} hold: ${problems.join('; ')}`,
    );
    return true;
  };

  const look = (isAsked: boolean) => {
    if (file === undefined) return;
    const read = readRulesFile(file, domains, isAsked ? undefined : stamp);
    if (read.kind === 'unchanged') return;
    const isSettled = read.changedAt !== undefined && clock.now() - read.changedAt > CLOCK_TICK;
    if (read.kind === 'rules') take(read.rules, isAsked);
    const isTold = read.kind === 'rules' || refuse(read.problems, isAsked);
    stamp = isSettled && isTold ? read.stamp : undefined;
  };

  leaveFacts(facts);
  look(false);
  const timer = setInterval(() => look(false), deps.every ?? LOOK_EVERY).unref();

  return {
    facts: () => facts,
    reread() {
      if (file === undefined) log.info({}, 'the configuration names no rules file: the defaults hold');
      else look(true);
    },
    close() {
      clearInterval(timer);
      clearRulesFacts(stateFolder);
    },
  };
}
