import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { AgentConfig } from '../config.ts';
import { AgentError } from '../errors.ts';
import { padEnd, printable } from '../terminal/display-width.ts';
import type { Paint, Terminal } from '../terminal/terminal.ts';
import { hang } from '../terminal/wrap-text.ts';
import { allEvents, type Place, readEvents } from './event-file.ts';
import { eventHeading, PLAIN_EVENTS, ROUTINE_EVENTS } from './event-headings.ts';
import { EVENT_LEVELS, type EventLevel, type EventRecord } from './event-record.ts';

export type EventsOptions = {
  since?: string;
  level?: string;
  event?: string;
  all?: boolean;
  follow?: boolean;
  json?: boolean;
};

export type EventsDeps = {
  terminal: Terminal;
  clock: { now: () => number };
  /** ends `--follow` */
  signal: AbortSignal;
  /** ms between two looks with `--follow`; half a second where absent */
  every?: number;
};

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DAY = UNITS.d;

/** `events`: prints the event log of this machine, also while the agent runs. */
export async function printEvents(
  { stateFolder }: Pick<AgentConfig, 'stateFolder'>,
  options: EventsOptions,
  { terminal, clock, signal, every = 500 }: EventsDeps,
): Promise<void> {
  const isWanted = filterOf(options, clock.now());
  // Whoever reads by program, or asks for an event by its id, gets all there are.
  const isShort = !(options.all || options.json || options.event !== undefined);
  let shown = 0;
  let leftOut = 0;
  let place: Place = { file: 0, offset: 0 };
  const show = (record: EventRecord) => {
    if (!isWanted(record)) return;
    if (isShort && record.level === 'info' && ROUTINE_EVENTS.has(record.event)) {
      leftOut += 1;
      return;
    }
    shown += 1;
    if (options.json) return terminal.print(JSON.stringify(record));
    if (shown === 1) terminal.print(terminal.paint('dim', 'Times are in UTC.'));
    printEvent(terminal, record);
  };
  for (const { record, next } of allEvents(stateFolder)) {
    show(record);
    place = next;
  }
  if (shown === 0 && !options.json && !options.follow)
    terminal.print(
      `No such event${options.since === undefined ? ' in the last day; --since 7d looks further back' : ''}.${leftOut > 0 ? ' --all shows signs of life, too.' : ''}`,
    );
  while (options.follow && !signal.aborted) {
    await sleep(every, undefined, { signal }).catch(() => {});
    for (let found = readEvents(stateFolder, place); found.length > 0; found = readEvents(stateFolder, place))
      for (const { record, next } of found) {
        show(record);
        place = next;
      }
  }
}

/** Adds `events`. */
export function registerEvents(
  program: Command,
  start: () => { config: AgentConfig; deps: EventsDeps },
): void {
  program
    .command('events')
    .description('what happened here: every write, refusal and fault, by the event ids that alerts know')
    .option('--since <when>', 'an ISO time, or how long ago: 90s, 30m, 12h, 7d (default: 1d)')
    .option('--level <level>', 'info, warn or error, and what is worse')
    .option('--event <ids>', 'only these event ids, such as 31002,31003')
    .option('--all', 'signs of life and credentials that were fetched, too')
    .option('--follow', 'go on with what happens from now on, until Ctrl-C')
    .option('--json', 'one JSON object a line')
    .action(async (options: EventsOptions) => {
      const { config, deps } = start();
      await printEvents(config, options, deps);
    });
}

/** @throws {AgentError} ERR_CONFIG_INVALID */
function filterOf({ since, level, event }: EventsOptions, now: number): (record: EventRecord) => boolean {
  const problems: string[] = [];
  const from = since === undefined ? now - DAY : timeOf(since, now);
  if (Number.isNaN(from)) problems.push(`--since: must be an ISO time, or like 30m, 12h, 7d, not ${since}`);
  const lowest = level === undefined ? 0 : EVENT_LEVELS.indexOf(level as EventLevel);
  if (lowest < 0) problems.push(`--level: must be ${EVENT_LEVELS.join(', ')}, not ${level}`);
  const ids = event?.split(',').map((text) => Number(text.trim()));
  if (ids?.some((id) => eventHeading(id) === undefined))
    problems.push(`--event: must be event ids, such as 31002,31003, not ${event}`);
  if (problems.length > 0) throw new AgentError('ERR_CONFIG_INVALID', problems.join('\n'));
  return (record) =>
    Date.parse(record.time) >= from &&
    EVENT_LEVELS.indexOf(record.level) >= lowest &&
    (ids === undefined || ids.includes(record.event));
}

function timeOf(text: string, now: number): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (count === undefined) return Date.parse(text);
  return now - Number(count) * UNITS[unit as keyof typeof UNITS];
}

const PAINTS: Readonly<Record<EventLevel, Paint>> = { info: 'good', warn: 'warn', error: 'bad' };

function printEvent({ paint, print, width }: Terminal, record: EventRecord): void {
  const { time, level, event, message, fault, id: _, ...rest } = record;
  const at = `${time.slice(0, 10)} ${time.slice(11, 19)}`;
  print(
    `${at} ${paint(PAINTS[level], padEnd(level, 5))} ${event} ${paint('strong', eventHeading(event) ?? '')}`,
  );
  const details = detailsOf(rest);
  const indent = ' '.repeat(20);
  // Both are cut at a length: the beginning tells.
  const isTold = fault === undefined || message.includes(fault.slice(0, 80));
  const told = isTold ? message : `${message}: ${fault}`;
  if (level !== 'info' || !PLAIN_EVENTS.has(event))
    for (const line of hang(indent, printable(told), width)) print(line);
  if (details !== '') for (const line of hang(indent, printable(details), width)) print(paint('dim', line));
}

type Details = Omit<EventRecord, 'id' | 'time' | 'level' | 'event' | 'message' | 'fault'>;

function detailsOf({ versionBefore, versionAfter, requestId, ...rest }: Details): string {
  const version =
    versionBefore === undefined && versionAfter === undefined
      ? []
      : [`version ${versionBefore ?? '?'} → ${versionAfter ?? '?'}`];
  return [
    ...Object.entries(rest).map(([name, value]) => `${name} ${value}`),
    ...version,
    ...(requestId === undefined ? [] : [`request ${requestId}`]),
  ].join(', ');
}
