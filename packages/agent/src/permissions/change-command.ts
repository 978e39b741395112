import type { Directory, Right, RightsPlan } from '@homeward/active-directory';
import type { AgentConfig } from '../config.ts';
import { AgentError } from '../errors.ts';
import { printable } from '../terminal/display-width.ts';
import type { AdministratorOptions } from './administrator-account.ts';
import { applyAs } from './apply-as.ts';
import { describeStep } from './describe-step.ts';
import { directoryProblem, printProblem } from './directory-problem.ts';
import { type Selection, selectForests } from './forest-of-command.ts';
import type { PermissionsDeps, PermissionsDirectory } from './permissions-deps.ts';
import { printDsacls, printPlan } from './print-plan.ts';
import { counted } from './print-survey.ts';
import { reportChange, reportNothing } from './report-change.ts';
import { ALL_RIGHTS, NEEDED_RIGHTS, RIGHT_NAMES, rightsNamed } from './right-names.ts';
import { surveyJson } from './survey-json.ts';
import { type RightsSurvey, surveyRights } from './survey-rights.ts';

export type ChangeOptions = AdministratorOptions & {
  ou?: string[];
  forest?: string;
  right?: string[];
  people?: boolean;
  yes?: boolean;
  json?: boolean;
  printOnly?: boolean;
};

/** 0 done or nothing to do, 1 refused or not seen afterwards, 3 not confirmed. */
export type ChangeExit = 0 | 1 | 3;

/** Rights that count on one object of the domain; they need no OU. */
const SINGLE: readonly Right[] = ['unexpirePassword', 'readPsos', 'readDeletedObjects'];

/** `permissions grant` and `permissions revoke`, in each forest that is named. */
export async function changePermissions(
  kind: 'grant' | 'revoke',
  config: Pick<AgentConfig, 'forests'>,
  options: ChangeOptions,
  deps: PermissionsDeps,
): Promise<ChangeExit> {
  const exits: ChangeExit[] = [];
  const results: object[] = [];
  for (const selection of selectForests(config, options)) {
    const rights = rightsToChange(kind, options, selection, deps.command);
    const directory = deps.openForest(selection.forest);
    try {
      const { exit, result } = await changeForest(kind, rights, selection, options, directory, deps);
      exits.push(exit);
      results.push({ forest: selection.forest.domain, ...result });
    } catch (error) {
      const problem = directoryProblem(error);
      if (!options.json) printProblem(deps.terminal, selection.forest.domain, problem);
      exits.push(1);
      results.push({ forest: selection.forest.domain, problem });
    } finally {
      deps.terminal.progress(undefined);
      directory.close();
    }
  }
  if (options.json) deps.terminal.print(JSON.stringify({ forests: results }, null, 2));
  return exits.find((exit) => exit !== 0) ?? 0;
}

async function changeForest(
  kind: 'grant' | 'revoke',
  rights: readonly Right[],
  selection: Selection,
  options: ChangeOptions,
  directory: PermissionsDirectory,
  deps: PermissionsDeps,
): Promise<{ exit: ChangeExit; result: object }> {
  const { terminal } = deps;
  const say = (line?: string) => options.json || options.printOnly || terminal.print(line);
  const read = () =>
    surveyRights(directory, {
      scope: selection.scope,
      inspectPeople: options.people ?? false,
      onProgress: terminal.progress,
    });
  const before = await read();
  const plan = await planFor(kind, directory, before, rights);
  const told = plan.steps.map((step) => ({
    dn: step.dn,
    right: step.right,
    entries: describeStep(step, plan.trustee, before.marker),
    dsacls: step.dsacls,
  }));
  if (options.printOnly) {
    if (!options.json) printDsacls(terminal, plan);
    return { exit: 0, result: { applied: false, plan: told } };
  }
  const change = { kind, rights, width: terminal.width };
  if (plan.steps.length === 0) {
    const { isDone, lines } = reportNothing(change, before);
    for (const line of lines) say(line);
    return { exit: isDone ? 0 : 1, result: { applied: false, plan: [], now: surveyJson(before) } };
  }
  say(
    `${selection.forest.domain}: ${counted(plan.steps.length, 'change', 'changes')} to permissions of ${printable(plan.trustee.name)}`,
  );
  say();
  if (!options.json) printPlan(terminal, plan, before.marker);
  say();
  if (!(options.yes || (await confirmed(deps, options, say))))
    return { exit: 3, result: { applied: false, plan: told } };
  await applyAs(plan, selection, options, deps, say);
  const after = await read();
  const { isDone, lines } = reportChange(change, before, after);
  say();
  for (const line of lines) say(line);
  return { exit: isDone ? 0 : 1, result: { applied: true, plan: told, now: surveyJson(after) } };
}

/** Without `--right`: what is needed for a grant; what was granted on OUs for a revoke. */
function rightsToChange(
  kind: 'grant' | 'revoke',
  { right, ou }: ChangeOptions,
  { scope, forest }: Selection,
  command: string,
): readonly Right[] {
  const named = right?.flatMap((text) => {
    const rights = rightsNamed(text);
    if (rights !== undefined) return rights;
    const known = ALL_RIGHTS.map((each) => RIGHT_NAMES[each].option).join(', ');
    throw new AgentError('ERR_CONFIG_INVALID', `--right: ${text} is none of ${known}, needed, optional, all`);
  });
  const byDefault = kind === 'grant' ? NEEDED_RIGHTS : ALL_RIGHTS.filter((each) => !SINGLE.includes(each));
  const rights = [...new Set(named ?? byDefault)];
  if (ou === undefined && scope === undefined && rights.some((each) => !SINGLE.includes(each)))
    throw new AgentError(
      'ERR_CONFIG_INVALID',
      `--ou: name the OU whose people are concerned, so that no more is changed than that; for all of them --ou DC=${forest.domain.split('.').join(',DC=')}. "${command} permissions show" lists the OUs.`,
    );
  return rights;
}

async function planFor(
  kind: 'grant' | 'revoke',
  directory: Pick<Directory, 'planGrant' | 'planRevoke'>,
  survey: RightsSurvey,
  rights: readonly Right[],
): Promise<RightsPlan> {
  const plans: RightsPlan[] = [];
  for (const report of survey.reports)
    plans.push(
      await (kind === 'grant' ? directory.planGrant(report, rights) : directory.planRevoke(report, rights)),
    );
  const steps = plans
    .flatMap((plan) => plan.steps)
    .filter(
      (step, at, all) => all.findIndex(({ dn, right }) => dn === step.dn && right === step.right) === at,
    );
  return { trustee: survey.trustee, steps };
}

async function confirmed(
  { terminal }: PermissionsDeps,
  options: ChangeOptions,
  say: (line?: string) => void,
): Promise<boolean> {
  if (!terminal.interactive || options.json) {
    say('Nothing was changed: nobody is there to confirm. Run it again with --yes.');
    return false;
  }
  const answer = await terminal.ask('Make these changes? [y/N] ');
  if (/^y(es)?$/i.test(answer.trim())) return true;
  say('Nothing was changed.');
  return false;
}
