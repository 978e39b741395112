import { parentDn } from '@homeward/active-directory';
import type { AgentConfig } from '../config.ts';
import { shellQuote } from '../terminal/shell-quote.ts';
import { hang } from '../terminal/wrap-text.ts';
import { type DirectoryProblem, directoryProblem, printProblem } from './directory-problem.ts';
import { type Selection, selectForests } from './forest-of-command.ts';
import type { PermissionsDeps } from './permissions-deps.ts';
import { counted, printSurvey } from './print-survey.ts';
import { RIGHT_NAMES } from './right-names.ts';
import { surveyJson } from './survey-json.ts';
import { basesToGrant, lacksNeeded, type RightsSurvey, surveyRights } from './survey-rights.ts';

export type ShowOptions = { ou?: string[]; forest?: string; people?: boolean; all?: boolean; json?: boolean };

/** `permissions show`. @returns the exit code: 0 where every needed right is held, in every forest */
export async function showPermissions(
  config: Pick<AgentConfig, 'forests'>,
  options: ShowOptions,
  deps: PermissionsDeps,
): Promise<0 | 1> {
  const { terminal } = deps;
  const results: { selection: Selection; result: RightsSurvey | { problem: DirectoryProblem } }[] = [];
  for (const selection of selectForests(config, options)) {
    const result = await survey(selection, options, deps);
    if (!options.json) {
      if (results.length > 0) terminal.print();
      show(selection, result, options, deps);
    }
    results.push({ selection, result });
  }
  const isFine = results.every(({ result }) => !('problem' in result) && lacksNeeded(result).length === 0);
  if (options.json) {
    const forests = results.map(({ selection, result }) => ({
      forest: selection.forest.domain,
      ...('problem' in result ? result : surveyJson(result)),
    }));
    terminal.print(JSON.stringify({ allNeededHeld: isFine, forests }, null, 2));
  }
  return isFine ? 0 : 1;
}

async function survey(
  { forest, scope }: Selection,
  options: ShowOptions,
  { openForest, terminal }: PermissionsDeps,
) {
  const directory = openForest(forest);
  try {
    return await surveyRights(directory, {
      scope,
      inspectPeople: options.people ?? false,
      onProgress: terminal.progress,
    });
  } catch (error) {
    return { problem: directoryProblem(error) };
  } finally {
    terminal.progress(undefined);
    directory.close();
  }
}

function show(
  { forest }: Selection,
  result: RightsSurvey | { problem: DirectoryProblem },
  options: ShowOptions,
  { terminal, command }: PermissionsDeps,
): void {
  const { print, paint, width } = terminal;
  if ('problem' in result) return printProblem(terminal, forest.domain, result.problem);
  const all = options.all ?? false;
  const isFine = printSurvey(terminal, result, { all, domain: forest.domain });
  print();
  if (isFine) {
    const people = result.places.reduce((sum, place) => sum + (place.counts ? place.people : 0), 0);
    const told = `All needed rights are held, for ${counted(people, 'person', 'people')}.`;
    const unseen = options.people ? '' : ' --people looks at each person’s own permissions, too.';
    for (const line of hang('', `${told}${unseen}`, width)) print(paint('good', line));
    return;
  }
  print('Next');
  for (const next of nextCommands(result, command)) print(`  ${next}`);
  if (result.scope === undefined)
    for (const line of hang(
      '',
      'Should some of these people not be served: name the OUs that are, in searchBases.',
      width,
    ))
      print(paint('dim', line));
}

/** What would give the missing rights; for the whole domain the OUs have to be chosen by somebody. */
function nextCommands(survey: RightsSurvey, command: string): string[] {
  const lacks = lacksNeeded(survey);
  const onPeople = lacks.filter(({ state }) => state === 'exception');
  const onSingle = lacks.filter(({ right }) => survey.single.some((one) => one.right === right));
  const onOus = lacks.filter((lack) => !onPeople.includes(lack) && !onSingle.includes(lack));
  const grant = `${command} permissions grant`;
  if (onOus.length === 0 && onPeople.length === 0)
    return [`${grant}${onSingle.map(({ right }) => ` --right ${RIGHT_NAMES[right].option}`).join('')}`];
  const ous = onOus.length > 0 ? basesToGrant(survey, onOus) : [];
  const parents = survey.scope ?? onPeople.flatMap(({ dn }) => parentDn(dn) ?? []);
  const bases = [...new Set([...ous, ...(onPeople.length > 0 ? parents : [])])].slice(0, 5);
  const where = bases.map((dn) => ` --ou ${shellQuote(dn)}`);
  const people = onPeople.length > 0 ? ' --people' : '';
  return survey.scope === undefined
    ? where.map((one) => `${grant}${one}${people}`)
    : [`${grant}${where.join('')}${people}`];
}
