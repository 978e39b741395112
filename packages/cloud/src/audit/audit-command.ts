import type { Command } from 'commander';
import { printable, timeOf } from '../agents/events-command.ts';
import { CloudError } from '../errors.ts';
import { en } from '../portal/locales/en.ts';
import { ACTIVITIES } from './audit-log.ts';
import type { ReadEntry } from './audit-reader.ts';
import { activitiesOf, TOPICS } from './audit-topics.ts';
import { readSupportCode, supportCodeOf } from './support-code.ts';
import { tellEntry, utcSecond } from './tell-entry.ts';

export type AuditOptions = {
  flow?: string;
  person?: string;
  activity?: string;
  since?: string;
  json?: boolean;
};

export type AuditCommandDeps = {
  /** asks the running cloud */
  ask: (method: 'GET', path: string) => Promise<unknown>;
  print: { out: (line: string) => void; err: (line: string) => void };
  now: () => number;
};

/** What the control socket answers; `flows` are the resets that a support code stands for. */
export type AnsweredAudit = { entries: ReadEntry[]; further?: string; flows?: string[]; moreFlows?: boolean };

const PATH = '/administrators/audit';

/** `homeward-cloud audit`: who did what, when, from where, and what came of it. */
export function registerAuditCommand(program: Command, deps: AuditCommandDeps): void {
  program
    .command('audit')
    .description(
      'the audit log: every step of a reset by its support code, and what administrators and agents did',
    )
    .option('--flow <support code>', 'the steps of this reset; the beginning of a code is enough')
    .option('--person <name or id>', 'a person by user ID, or an administrator: all that concerns them')
    .option('--activity <names>', `only these: ${TOPICS.join(', ')}, or activities such as revokeAgent`)
    .option(
      '--since <when>',
      'an ISO time, or how long ago: 90s, 30m, 24h, 7d (default: 24h; all with --flow or --person)',
    )
    .option('--json', 'one JSON object a line')
    .action((options: AuditOptions) => printAudit(options, deps));
}

/**
 * Oldest first, so that the newest is where the eye is.
 * @throws {CloudError} ERR_COMMAND_REFUSED with all that is wrong with the options
 */
export async function printAudit(
  options: AuditOptions,
  { ask, print, now }: AuditCommandDeps,
): Promise<void> {
  const query = queryOf(options, now());
  const found: ReadEntry[] = [];
  let answer: AnsweredAudit;
  do {
    answer = (await ask('GET', `${PATH}?${query}`)) as AnsweredAudit;
    found.push(...answer.entries);
    query.set('after', answer.further ?? '');
  } while (answer.further !== undefined);
  const flows = answer.flows ?? [];
  const isFlow = options.flow !== undefined;
  const inOrder = isFlow
    ? flows.flatMap((id) => found.filter(({ flowId }) => flowId === id))
    : found.toReversed();
  if (flows.length > 1) print.err(manyFlows(flows, answer.moreFlows ?? false));
  for (const entry of inOrder)
    if (options.json) print.out(JSON.stringify(jsonOf(entry)));
    else for (const line of linesOf(entry)) print.out(line);
  if (inOrder.length === 0 && !options.json) print.err(nothing(options));
}

function manyFlows(flows: readonly string[], more: boolean): string {
  const which = more ? `More than ${flows.length} resets have` : `${flows.length} resets have`;
  return `${which} a code that begins so; their steps follow one reset after the other.`;
}

function nothing({ flow, person, since, activity }: AuditOptions): string {
  if (flow !== undefined && person === undefined && activity === undefined)
    return `No reset has this support code. It may be too long ago (auditDays), or the code of a page that told of a fault: that one is in the cloud’s own log, as ${supportCodeOf(readSupportCode(flow) ?? flow)}.`;
  const isAll = since !== undefined || flow !== undefined || person !== undefined;
  return isAll
    ? 'Nothing of that is in the audit log.'
    : 'Nothing of that in the last 24 hours; --since 7d looks further back.';
}

function queryOf({ flow, person, activity, since }: AuditOptions, now: number): URLSearchParams {
  const problems: string[] = [];
  if (flow !== undefined && readSupportCode(flow) === undefined)
    problems.push(
      `--flow: must be a support code such as 4D33-385A, or its first four characters, not ${flow}`,
    );
  if (activity !== undefined && activitiesOf(activity) === undefined)
    problems.push(
      `--activity: must be names of ${[...TOPICS, ...Object.keys(ACTIVITIES)].join(', ')}, separated by commas, not ${activity}`,
    );
  const isAll = flow !== undefined || person !== undefined;
  const from = since === undefined && isAll ? 0 : timeOf(since ?? '24h', now);
  if (Number.isNaN(from)) problems.push(`--since: must be an ISO time, or like 30m, 24h, 7d, not ${since}`);
  if (problems.length > 0) throw new CloudError('ERR_COMMAND_REFUSED', problems.join('\n'));
  return new URLSearchParams({
    since: String(Math.max(0, from)),
    ...(flow !== undefined && { flow }),
    ...(person !== undefined && { person }),
    ...(activity !== undefined && { activity }),
  });
}

/** The stored codes, which stay; `activityName` is the one that alert rules know from Microsoft Entra. */
function jsonOf({ id: _, at, activity, ...rest }: ReadEntry): object {
  const told = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  return {
    time: new Date(at).toISOString(),
    activity,
    activityName: ACTIVITIES[activity],
    ...told,
    ...(rest.flowId !== null && { supportCode: supportCodeOf(rest.flowId) }),
  };
}

function linesOf(entry: ReadEntry): string[] {
  const { heading, name, by, from, about } = tellEntry(en.audit, entry);
  const facts = [
    ...about.map(({ text }) => `about ${text}`),
    `by ${by.text}`,
    ...(from === undefined ? [] : [from]),
    ...(entry.flowId === null ? [] : [`support code ${supportCodeOf(entry.flowId)}`]),
  ];
  const at = utcSecond(entry.at);
  return [
    `${at}  ${heading}${name === undefined ? '' : ` (${name})`}`,
    `${' '.repeat(at.length)}  ${printable(facts.join(', '))}`,
  ];
}
