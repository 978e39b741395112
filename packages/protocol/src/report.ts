/**
 * What an agent says of itself, in HEARTBEAT (every five minutes, and when a link opens) and PROBED (the answer to
 * PROBE, after its directories were asked). JSON, padded with zeros to one size. A package like all others: a relay
 * cannot say for an agent that all is well. What does not fit goes in parts, each a report by itself with some of the
 * forests, so that a cloud which does not know of parts takes them, too.
 */
import type { Bytes } from './bytes.ts';
import { ProtocolError } from './errors.ts';

export const REPORT_SIZE = 1_536;
/** that one agent may have: what a cloud keeps of it, and how many frames it sends at once, has an end */
export const MOST_FORESTS = 256;
/** More than `MOST_FORESTS` of the longest SIDs ever need. */
export const MOST_PARTS = 32;

/** `up` means that the directory took a bind and answered a read right now; `unknown` that nobody asked it yet. */
export const FOREST_STATES = [
  'up',
  'unreachable',
  'notTrusted',
  'accountRefused',
  'noPolicyHints',
  'unknown',
] as const;
export type ForestState = (typeof FOREST_STATES)[number];

export type AgentReport = {
  /** of the agent's software */
  version: string;
  /** grows with each start of the agent, kept on its disk: one that does not grow is a copy of the agent */
  session: number;
  /** random, made at each start: tells two copies with one session number apart */
  instance: string;
  /** Unix ms on the agent's own clock */
  clock: number;
  /** number of the key generation in use */
  generation: number;
  /** by SID of the forest's root domain */
  forests: Record<string, ForestState>;
  counts: {
    /** requests since the start */
    served: number;
    applied: number;
    /** writes whose end is not known yet */
    unsettled: number;
    /** people that are linked for writeback */
    people: number;
  };
  /** writes are held until somebody at the agent closes the breaker */
  breakerOpen: boolean;
  /** where `forests` are not all: which part this is, from 1, of those that go under one request id */
  part?: { number: number; of: number };
};

/** @throws {RangeError} if the report does not fit into one */
export function encodeReport(report: AgentReport): Bytes {
  const text = new TextEncoder().encode(JSON.stringify(report));
  if (text.length > REPORT_SIZE) throw new RangeError('the report does not fit');
  const body = new Uint8Array(REPORT_SIZE);
  body.set(text);
  return body;
}

/**
 * One body where all fits, else one for each part.
 * @throws {RangeError} for more than MOST_FORESTS, or if it is larger than any real one
 */
export function encodeReports(report: AgentReport): Bytes[] {
  const forests = Object.entries(report.forests);
  if (forests.length > MOST_FORESTS) throw new RangeError(`a report has at most ${MOST_FORESTS} forests`);
  if (sizeOf(report) <= REPORT_SIZE) return [encodeReport(report)];
  const room = REPORT_SIZE - sizeOf({ ...report, forests: {}, part: { number: MOST_PARTS, of: MOST_PARTS } });
  const parts: [string, ForestState][][] = [[]];
  let left = room;
  for (const forest of forests) {
    const size = sizeOf(forest);
    if (size > left) {
      parts.push([]);
      left = room;
    }
    parts.at(-1)?.push(forest);
    left -= size;
  }
  const of = parts.length;
  return parts.map((part, index) =>
    encodeReport({ ...report, forests: Object.fromEntries(part), part: { number: index + 1, of } }),
  );
}

/** Bytes of JSON. A pair has no fewer in a list than with its comma in an object. */
function sizeOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

/** @throws {ProtocolError} ERR_REPORT_MALFORMED */
export function decodeReport(body: Uint8Array): AgentReport {
  if (body.length !== REPORT_SIZE) throw malformed();
  const end = body.indexOf(0);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(end < 0 ? body : body.subarray(0, end));
    const report: unknown = JSON.parse(text);
    if (isReport(report)) return report;
  } catch (cause) {
    throw malformed(cause);
  }
  throw malformed();
}

function isReport(value: unknown): value is AgentReport {
  if (typeof value !== 'object' || value === null) return false;
  const { version, instance, session, clock, generation, forests, counts, breakerOpen, part } =
    value as Partial<AgentReport>;
  return (
    [version, instance].every((text) => typeof text === 'string' && text.length <= 64) &&
    [session, clock, generation].every(isCount) &&
    typeof breakerOpen === 'boolean' &&
    typeof counts === 'object' &&
    counts !== null &&
    [counts.served, counts.applied, counts.unsettled, counts.people].every(isCount) &&
    typeof forests === 'object' &&
    forests !== null &&
    Object.values(forests).every((state) => (FOREST_STATES as readonly unknown[]).includes(state)) &&
    (part === undefined || isPart(part))
  );
}

function isPart(part: AgentReport['part'] | null): boolean {
  if (typeof part !== 'object' || part === null) return false;
  const { number, of } = part;
  return isCount(number) && isCount(of) && number >= 1 && number <= of && of <= MOST_PARTS;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function malformed(cause?: unknown): ProtocolError {
  return new ProtocolError('ERR_REPORT_MALFORMED', 'the report is malformed', { cause });
}
