import { EVENTS } from '@homeward/protocol/event';
import type { Command } from 'commander';
import { CloudError } from '../errors.ts';
import type { EventPage, ReadEvent } from './agent-events-reader.ts';
import { eventWords } from './agent-events-words.ts';

export type EventsOptions = { agent?: string; since?: string; event?: string; all?: boolean; json?: boolean };

export type EventsCommandDeps = {
  /** asks the running cloud */
  ask: (method: 'GET', path: string) => Promise<unknown>;
  print: { out: (line: string) => void; err: (line: string) => void };
  now: () => number;
  /** columns of the terminal; undefined where nobody looks, and lines stay whole */
  width?: number | undefined;
};

/** What comes of itself, again and again, as long as all is well. */
const ROUTINE: ReadonlySet<number> = new Set([EVENTS.heartbeat, EVENTS.credentialObtained]);

const PATH = '/administrators/events';
const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `homeward-cloud events`: what all agents told of their own logs. */
export function registerEventsCommand(program: Command, deps: EventsCommandDeps): void {
  program
    .command('events')
    .description(
      'what happened at the agents: every write, refusal and fault, by the event ids that alerts know',
    )
    .option('--agent <agent>', 'only this one, by its id or name')
    .option('--since <when>', 'an ISO time, or how long ago: 90s, 30m, 24h, 7d (default: 24h)')
    .option('--event <ids>', 'only these event ids, such as 31004,31005')
    .option('--all', 'signs of life and credentials that were fetched, too')
    .option('--json', 'one JSON object a line')
    .action((options: EventsOptions) => printEvents(options, deps));
}

/**
 * Oldest first, so that the newest is where the eye is.
 * @throws {CloudError} ERR_COMMAND_REFUSED with all that is wrong with the options
 */
export async function printEvents(
  options: EventsOptions,
  { ask, print, now, width }: EventsCommandDeps,
): Promise<void> {
  const query = queryOf(options, now());
  const found: ReadEvent[] = [];
  for (let older: string | undefined; ; ) {
    if (older !== undefined) query.set('before', older);
    const page = (await ask('GET', `${PATH}?${query}`)) as EventPage;
    found.push(...page.events);
    older = page.older;
    if (older === undefined) break;
  }
  if (options.json) {
    for (const event of found.toReversed()) print.out(JSON.stringify(told(event)));
    return;
  }
  const isAll = options.all || options.event !== undefined;
  const shown = found.filter(({ event, level }) => isAll || level !== 'info' || !ROUTINE.has(event));
  if (shown.length > 0) print.err('Times are in UTC.');
  for (const event of shown.toReversed()) for (const line of linesOf(event, width)) print.out(line);
  if (shown.length > 0) return;
  const further = options.since === undefined ? ' in the last 24 hours; --since 7d looks further back' : '';
  const routine = found.length > 0 ? ' --all shows signs of life, too.' : '';
  print.err(`No such event${further}.${routine}`);
}

function queryOf({ agent, since, event }: EventsOptions, now: number): URLSearchParams {
  const problems: string[] = [];
  const from = timeOf(since ?? '24h', now);
  if (Number.isNaN(from)) problems.push(`--since: must be an ISO time, or like 30m, 24h, 7d, not ${since}`);
  const ids = event?.split(',').map((text) => text.trim());
  if (ids?.some((id) => !/^\d{1,5}$/.test(id)))
    problems.push(`--event: must be event ids, such as 31004,31005, not ${event}`);
  if (problems.length > 0) throw new CloudError('ERR_COMMAND_REFUSED', problems.join('\n'));
  return new URLSearchParams({
    since: String(Math.max(0, from)),
    ...(agent !== undefined && { agent }),
    ...(ids !== undefined && { event: ids.join(',') }),
  });
}

/** Unix ms of an ISO time, or of how long before `now`; NaN for neither */
export function timeOf(text: string, now: number): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count === undefined) return Date.parse(text);
  return now - Number(count) * UNITS[unit as keyof typeof UNITS];
}

/** What is there of it, with times in ISO 8601. */
function told({ time, receivedAt, ...rest }: ReadEvent): object {
  return {
    time: new Date(time).toISOString(),
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)),
    meaning: eventWords(rest.event).heading,
    receivedAt: new Date(receivedAt).toISOString(),
  };
}

function linesOf(event: ReadEvent, width = Number.POSITIVE_INFINITY): string[] {
  const at = new Date(event.time).toISOString().slice(0, 19).replace('T', ' ');
  const details = detailsOf(event).map(([name, value]) => `${name} ${value}`);
  const who = printable(event.agentName ?? event.agentId);
  return [
    `${at} ${event.level.padEnd(5)} ${event.event} ${eventWords(event.event).heading} (${who})`,
    ...wrapped(printable(details.join(', ')), width - INDENT.length).map((line) => `${INDENT}${line}`),
  ];
}

const INDENT = ' '.repeat(20);

/** Broken at spaces; a word that is wider stays whole, so that it can be copied. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter(Boolean)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > Math.max(20, width)) lines.push(word);
    else lines.splice(-1, 1, `${last} ${word}`);
  }
  return lines;
}

/** What an event is about, as pairs of a name and a text; nothing that was not told. */
export function detailsOf(event: ReadEvent): [string, string][] {
  const { versionBefore, versionAfter } = event;
  const isMoved = versionBefore !== null || versionAfter !== null;
  const version = isMoved ? `${versionBefore ?? '?'} → ${versionAfter ?? '?'}` : null;
  const { operation, outcome, rule, forest, controller, code, person, requestId: request } = event;
  const all = { operation, outcome, rule, forest, controller, version, code, person, request };
  return Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== null);
}

/** Agents choose these texts; none of them must move the cursor. */
export function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '?');
}
