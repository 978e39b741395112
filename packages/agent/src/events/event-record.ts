import { EVENTS, type EventId } from '@homeward/protocol/event';
import { isId } from '@homeward/protocol/id';

export const EVENT_LEVELS = ['info', 'warn', 'error'] as const;
export type EventLevel = (typeof EVENT_LEVELS)[number];

/** One line of the event log. No name of a person, no password, no token: `person` is the cloudAnchor. */
export type EventRecord = {
  /** random; tells a repeat from another event that looks the same */
  id: string;
  /** ISO 8601, UTC */
  time: string;
  event: EventId;
  level: EventLevel;
  message: string;
  requestId?: string;
  person?: string;
  operation?: string;
  outcome?: string;
  /** of the agent's own rules, where one refused */
  rule?: string;
  forest?: string;
  controller?: string;
  /** of `unicodePwd` on that controller */
  versionBefore?: number;
  versionAfter?: number;
  /** of the fault: ours, or Node's */
  code?: string;
  /** the fault in words; stays on this machine */
  fault?: string;
};

const KNOWN: ReadonlySet<number> = new Set(Object.values(EVENTS));
const LONGEST = 300;

/**
 * The record of a log call that carries `event`; undefined for others. Only what is named here is taken over, so
 * that whatever somebody logs one day does not end up in the event log, nor at the cloud.
 */
export function recordOf(
  level: EventLevel,
  fields: object,
  message: string,
  now: number,
): EventRecord | undefined {
  const given = fields as Readonly<Record<string, unknown>>;
  const { event, err, diagnosis, evidence, before } = given;
  if (typeof event !== 'number' || !KNOWN.has(event)) return undefined;
  // It wrote nothing: kept under a reset's own numbers, it would be counted as one.
  if (given['operation'] === 'dryRun' && level === 'info') return undefined;
  const told = { ...objectOf(before), ...objectOf(diagnosis), ...objectOf(evidence), ...given };
  const fault = err instanceof Error ? (err as NodeJS.ErrnoException) : undefined;
  const code = text(fault?.code) ?? text(told['code']);
  return {
    id: crypto.randomUUID(),
    time: new Date(now).toISOString(),
    event: event as EventId,
    level,
    message: message.slice(0, LONGEST),
    ...present('requestId', id(told['requestId'])),
    ...present('person', id(told['person'])),
    ...present('operation', text(told['operation'])),
    ...present('outcome', text(told['outcome'])),
    ...present('rule', text(told['rule'])),
    ...present('forest', text(told['forest'])),
    ...present('controller', text(told['controller'])),
    ...present('versionBefore', version(told['versionBefore'])),
    ...present('versionAfter', version(told['versionAfter'])),
    ...present('code', code),
    ...present('fault', text(fault?.message)),
  };
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function present<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { [key in K]?: V };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, LONGEST) : undefined;
}

function id(value: unknown): string | undefined {
  return typeof value === 'string' && isId(value) ? value : undefined;
}

function version(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}
