import { EVENTS } from '@homeward/protocol/event';
import type { AgentLog } from '../log.ts';
import type { EventFile } from './event-file.ts';
import { type EventLevel, recordOf } from './event-record.ts';

/**
 * What anybody on the way to the cloud can cause as often as they like, without a key. The files hold a limited
 * number of events: these must not push out the writes.
 */
const CAUSED_FROM_OUTSIDE: ReadonlySet<unknown> = new Set([
  EVENTS.cannotDecrypt,
  EVENTS.relayError,
  EVENTS.relayLinkDown,
  EVENTS.relayLinkError,
]);
const MOST_IN_AN_HOUR = 60;
const HOUR = 3_600_000;

/**
 * The same log, with every line that carries an event id kept in the event log as well, whatever the log's own
 * level is. A full disk costs events, never a reset. What comes from outside in floods is counted, and told once an
 * hour.
 */
export function recordEvents(log: AgentLog, file: EventFile, now: () => number): AgentLog {
  let isTold = false;
  const floods = floodCounts(now);
  const keep = (level: EventLevel, fields: object, message: string) => {
    try {
      const record = recordOf(level, fields, message, now());
      if (record !== undefined) file.append(record);
      isTold = false;
    } catch (err) {
      if (!isTold) log.error({ err }, 'events cannot be written down');
      isTold = true;
    }
  };
  const at = (level: EventLevel) => (fields: object, message: string) => {
    const leftOut = floods(fields);
    if (leftOut === undefined) return log.debug(fields, message);
    const told = leftOut === 0 ? message : `${message} (and ${leftOut} more, not told one by one)`;
    keep(level, fields, told);
    log[level](fields, told);
  };
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}

/** @returns how many were left out since one was told; undefined where this one is to be left out, too */
function floodCounts(now: () => number): (fields: object) => number | undefined {
  const counts = new Map<unknown, { since: number; told: number; leftOut: number }>();
  return (fields) => {
    const { event, requestId } = fields as { event?: unknown; requestId?: unknown };
    // About a request there is only what came in an authentic package.
    if (!CAUSED_FROM_OUTSIDE.has(event) || requestId !== undefined) return 0;
    const at = now();
    const known = counts.get(event) ?? { since: at, told: 0, leftOut: 0 };
    const isOver = at - known.since >= HOUR || at < known.since;
    const count = isOver ? { since: at, told: 0, leftOut: known.leftOut } : known;
    counts.set(event, count);
    if (count.told >= MOST_IN_AN_HOUR) {
      count.leftOut += 1;
      return undefined;
    }
    const { leftOut } = count;
    count.told += 1;
    count.leftOut = 0;
    return leftOut;
  };
}
