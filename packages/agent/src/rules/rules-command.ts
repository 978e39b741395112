import type { Command } from 'commander';
import { type Row, section } from '../status/print-rows.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { hang } from '../terminal/wrap-text.ts';
import { type AgentRules, DEFAULT_RULES, RULED_OPERATIONS } from './agent-rules.ts';
import { type RulesPlace, readRulesFile } from './rules-file.ts';

export type RulesCommandDeps = { terminal: Terminal; command: string };

/**
 * `rules check`. Only reads the file: names in it are looked up in the directory by the agent.
 * @param draft a file to look at in place of the agent's own
 * @returns 1 where the file has problems
 */
export function checkRules(
  place: Pick<RulesPlace, 'rulesFile' | 'domains'>,
  { draft, json }: { draft?: string | undefined; json?: boolean },
  { terminal, command }: RulesCommandDeps,
): 0 | 1 {
  const file = draft ?? place.rulesFile;
  const read = file === undefined ? undefined : readRulesFile(file, place.domains);
  const problems = read?.kind === 'problems' ? read.problems : [];
  const rules = read?.kind === 'rules' ? read.rules : DEFAULT_RULES;
  const isValid = problems.length === 0;
  const { print, paint, width } = terminal;
  if (json) {
    print(JSON.stringify({ file: file ?? null, isValid, problems, ...(isValid && { rules }) }, null, 2));
    return isValid ? 0 : 1;
  }
  if (!isValid) {
    print(paint('bad', `${file} cannot be used:`));
    // Named above it already.
    const told = problems.map((problem) => problem.replace(`${file} `, 'it '));
    for (const problem of told) for (const line of hang('  ', problem, width)) print(line);
    const next =
      draft === undefined
        ? `A running agent keeps the rules that it has; one that is started with this file stops at once. ${command} status says since when they hold.`
        : 'It is not the agent’s file, so nothing has changed.';
    for (const line of hang('', next, width)) print(line);
    return 1;
  }
  section(terminal, file ?? 'No rulesFile in the configuration: these are the defaults', ruleRows(rules));
  if (draft === undefined && file !== undefined)
    for (const line of hang('', 'A running agent takes a changed file by itself, in a few seconds.', width))
      print(line);
  return 0;
}

/** The rules in words. */
export function ruleRows(rules: AgentRules): Row[] {
  const { include = [], exclude, excludeGroups } = rules.scope;
  const off = RULED_OPERATIONS.filter((operation) => !rules.operations.includes(operation));
  return [
    ...list('Serves', 'everybody that it is enrolled for', 'only people at or below', include),
    ...list('Leaves out', 'nobody by their place', 'everybody at or below', exclude),
    ...list('', 'nobody by their groups', 'members, nested ones too, of', excludeGroups),
    ...list('Never writes', 'no account in particular is protected', 'the account', rules.protectedAccounts),
    { title: 'Carries out', text: rules.operations.length === 0 ? 'nothing' : rules.operations.join(', ') },
    ...(off.length === 0 ? [] : [{ title: 'Refuses', text: off.join(', ') }]),
    {
      title: 'Writes',
      text: `at most ${rules.writesPerMinute} a minute and ${rules.writesPerHour} an hour in each forest; one more opens its breaker`,
    },
    {
      title: 'Verifier',
      text: rules.returnVerifier
        ? 'the cloud gets a verifier of each new password'
        : 'the cloud gets no verifier of new passwords',
    },
  ];
}

function list(title: string, none: string, some: string, names: readonly string[]): Row[] {
  if (names.length === 0) return [{ title, text: none }];
  return names.map((name, index) => ({ title: index === 0 ? title : '', text: `${some} ${name}` }));
}

/** Adds `rules check`. `end` gets the exit code. */
export function registerRules(
  program: Command,
  start: () => { place: RulesPlace; deps: RulesCommandDeps },
  end: (exit: number) => void,
): void {
  program
    .command('rules')
    .description('what this agent carries out, whatever the cloud orders')
    .command('check')
    .argument('[file]', 'a file that is to become the rules file (default: the agent’s own)')
    .description('say the rules in words, or what is wrong with their file; exit code 1 then')
    .option('--json', 'print one JSON object')
    .action((draft: string | undefined, { json }: { json?: boolean }) => {
      const { place, deps } = start();
      end(checkRules(place, { draft, ...(json && { json }) }, deps));
    });
}
