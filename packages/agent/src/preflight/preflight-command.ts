import type { Directory } from '@homeward/active-directory';
import type { AgentConfig, ForestConfig } from '../config.ts';
import { readEnrolment } from '../enrol/enrolment.ts';
import { AgentError } from '../errors.ts';
import type { CloudNetwork } from '../network/cloud-network.ts';
import { counted } from '../permissions/print-survey.ts';
import { padEnd, printable } from '../terminal/display-width.ts';
import type { Paint, Terminal } from '../terminal/terminal.ts';
import { hang } from '../terminal/wrap-text.ts';
import { type CheckGroup, type CheckResult, type CheckStatus, once, runCheck } from './check.ts';
import { cloudChecks } from './cloud-checks.ts';
import type { ForestNetwork } from './controllers-of-forest.ts';
import type { FoundPerson } from './find-people.ts';
import { forestChecks, type Signed, signIn } from './forest-checks.ts';
import type { inspectTls } from './inspect-tls.ts';
import { linksOfPerson } from './links-of-person.ts';
import { machineChecks } from './machine-checks.ts';
import type { MemoryFacts } from './memory-facts.ts';
import { personChecks } from './person-checks.ts';
import { type RulesCheckDeps, rulesCheck } from './rules-check.ts';

export type PreflightOptions = { user?: string; cloud?: string; idle?: string; json?: boolean };

export type PreflightConfig = Pick<AgentConfig, 'forests' | 'stateFolder'> &
  Pick<RulesCheckDeps, 'rulesFile' | 'rulesProblems'> &
  Partial<Pick<AgentConfig, 'proxy' | 'pingEverySeconds'>>;

export type PreflightDirectory = Pick<
  Directory,
  'identity' | 'probe' | 'rights' | 'people' | 'protectedMembers' | 'dryRun' | 'close'
>;

export type PreflightDeps = {
  terminal: Terminal;
  command: string;
  clock: { now: () => number };
  fetch: typeof globalThis.fetch;
  socketAgent?: CloudNetwork['socketAgent'];
  nodeVersion: string;
  /** of the running agent, else of this process */
  memory: () => MemoryFacts;
  network: ForestNetwork;
  inspectTls: typeof inspectTls;
  openForest: (forest: ForestConfig) => PreflightDirectory;
  findPeople: (forest: ForestConfig, name: string) => Promise<FoundPerson[]>;
};

/** `preflight`: everything is tried, whatever fails. @returns 0 where nothing fails, else 1 */
export async function preflight(
  config: PreflightConfig,
  options: PreflightOptions,
  deps: PreflightDeps,
): Promise<0 | 1> {
  const { terminal } = deps;
  const opened = config.forests.map((forest) => {
    const directory = deps.openForest(forest);
    return { forest, directory, signedIn: once(() => signIn(directory)) };
  });
  const results: CheckResult[] = [];
  try {
    for (const group of groupsOf(config, options, opened, deps)) {
      if (!options.json) {
        if (results.length > 0) terminal.print();
        terminal.print(terminal.paint('strong', printable(group.title)));
      }
      for (const check of group.checks) {
        const progress = (text: string) => terminal.progress(`${group.title}: ${text}`);
        progress(check.title);
        const found = await runCheck(group.title, check, progress);
        terminal.progress(undefined);
        if (!options.json) for (const result of found) printResult(terminal, result);
        results.push(...found);
      }
    }
  } finally {
    for (const { directory } of opened) directory.close();
  }
  const failed = results.filter(({ status }) => status === 'FAIL').length;
  if (options.json) terminal.print(JSON.stringify({ ok: failed === 0, checks: results }, null, 2));
  else printSummary(terminal, results);
  return failed === 0 ? 0 : 1;
}

function groupsOf(
  config: PreflightConfig,
  options: PreflightOptions,
  opened: readonly { forest: ForestConfig; directory: PreflightDirectory; signedIn: () => Promise<Signed> }[],
  deps: PreflightDeps,
): CheckGroup[] {
  const { stateFolder, proxy, pingEverySeconds = 45 } = config;
  const idleSeconds = idleSecondsOf(options.idle);
  const enrolment = readEnrolment(stateFolder);
  const cloudUrl = enrolment?.cloudUrl ?? options.cloud;
  if (cloudUrl !== undefined && !/^https?:$/.test(URL.parse(cloudUrl)?.protocol ?? ''))
    throw new AgentError('ERR_CONFIG_INVALID', `--cloud: must be an https:// address, not ${cloudUrl}`);
  const person =
    options.user === undefined
      ? []
      : [
          personChecks({
            name: options.user,
            forests: opened.map(({ forest, directory, signedIn }) => ({
              forest,
              directory,
              signedIn,
              find: (name) => deps.findPeople(forest, name),
            })),
            links: (forestSid, objectGuid) => linksOfPerson(stateFolder, forestSid, objectGuid),
          }),
        ];
  return [
    machineChecks({ ...deps, stateFolder, rules: rulesCheck({ ...config, command: deps.command }) }),
    cloudChecks({ ...deps, cloudUrl, enrolment, stateFolder, proxy, idleSeconds, pingEverySeconds }),
    ...opened.map((one) => forestChecks({ ...deps, ...one, enrolment })),
    ...person,
  ];
}

/** Shorter than the relay holds such a connection. */
const LONGEST_IDLE = 1_700;

function idleSecondsOf(text = '10'): number {
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 0 && seconds <= LONGEST_IDLE) return seconds;
  throw new AgentError('ERR_CONFIG_INVALID', `--idle: must be 0 to ${LONGEST_IDLE} seconds, not ${text}`);
}

const PAINTS: Readonly<Record<CheckStatus, Paint>> = { PASS: 'good', WARN: 'warn', FAIL: 'bad', SKIP: 'dim' };
const TITLE_WIDTH = 15;

function printResult({ paint, print, width }: Terminal, result: CheckResult): void {
  const { status, title, finding, mend, run } = result;
  const first = `  ${status}  ${padEnd(title, TITLE_WIDTH)} `;
  for (const line of hang(first, printable(finding), width))
    print(line.replace(`  ${status}  `, () => `  ${paint(PAINTS[status], status)}  `));
  if (mend !== undefined) for (const line of hang(`${' '.repeat(8)}→ `, printable(mend), width)) print(line);
  // Not wrapped: it is there to be copied.
  if (run !== undefined) print(`${' '.repeat(10)}${printable(run)}`);
}

function printSummary({ paint, print }: Terminal, results: readonly CheckResult[]): void {
  const count = (status: CheckStatus) => results.filter((result) => result.status === status).length;
  const [failed, warned, skipped] = [count('FAIL'), count('WARN'), count('SKIP')];
  const parts = [
    `${count('PASS')} passed`,
    ...(warned > 0 ? [counted(warned, 'warning', 'warnings')] : []),
    ...(skipped > 0 ? [`${skipped} not tried`] : []),
    `${failed} failed`,
  ];
  print();
  print(paint(failed > 0 ? 'bad' : warned > 0 ? 'warn' : 'good', `${parts.join(', ')}.`));
}
