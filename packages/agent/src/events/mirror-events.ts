/** Tells the cloud what happened here: every event at least once, with an id by which the cloud knows repeats. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVENTS } from '@homeward/protocol/event';
import { AgentError } from '../errors.ts';
import { backoff } from '../link/backoff.ts';
import type { AgentLog } from '../log.ts';
import type { ProvenRequests } from '../network/proven-requests.ts';
import { isKept, type Place, readEvents } from './event-file.ts';
import type { EventRecord } from './event-record.ts';

export type MirrorDeps = {
  stateFolder: string;
  cloudUrl: string;
  credential: ProvenRequests;
  fetch: typeof globalThis.fetch;
  random: () => number;
  log: AgentLog;
  /** ms between two looks at the event log; 5 s where absent */
  every?: number;
};

const EVERY = 5_000;
const BATCH = 100;
const ANSWER_WITHIN = 15_000;
/** A cloud of an earlier version takes none. */
const UNKNOWN_THERE = 10 * 60_000;
const NOTHING_TOLD = { status: 200, why: '' };
const LONGEST_REASON = 300;
const PLACE_FILE = 'events-mirrored.json';

type Failure = {
  err?: unknown;
  /** ms until it is tried again */
  atLeast?: number;
  /** the cloud's words, which may differ each time */
  why?: string;
};

/** What the event log keeps while the cloud is away is the queue: bounded, and on disk. */
export function startMirror(deps: MirrorDeps): { stop: () => Promise<void> } {
  const { stateFolder, random, log, every = EVERY } = deps;
  let place = readPlace(stateFolder);
  let failures = 0;
  let told: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const stopping = new AbortController();

  const schedule = (wait: number) => {
    if (!stopping.signal.aborted)
      timer = setTimeout(() => {
        running = run();
      }, wait);
  };

  const fail = (problem: string, { err, atLeast = 0, why = '' }: Failure = {}): number => {
    // Without an event id: this would be one more to be told.
    if (told !== problem)
      log.warn({ ...(err !== undefined && { err }) }, `events wait here: ${problem}${why}`);
    told = problem;
    failures += 1;
    return Math.max(every, atLeast, backoff(failures, random()));
  };

  const run = async (): Promise<void> => {
    try {
      schedule(await passOn());
    } catch (err) {
      schedule(fail(err instanceof AgentError ? err.message : 'the cloud does not answer', { err }));
    }
  };

  /** @returns ms until it is to be tried again */
  const passOn = async (): Promise<number> => {
    if (!isKept(stateFolder, place))
      log.warn({}, 'the cloud was away for so long that events were dropped before it heard of them');
    for (;;) {
      const batch = readEvents(stateFolder, place).slice(0, BATCH);
      const last = batch.at(-1);
      if (last === undefined || stopping.signal.aborted) return every;
      const events = batch.map(({ record }) => record).filter(({ event }) => event !== EVENTS.heartbeat);
      const { status, why } = events.length === 0 ? NOTHING_TOLD : await post(deps, events, stopping.signal);
      if (status === 401) deps.credential.discard();
      if (status === 404) return fail('this cloud takes no events yet', { atLeast: UNKNOWN_THERE });
      const isRefused = status === 400 || status === 413;
      if (isRefused)
        log.warn({ status, events: events.length }, 'the cloud does not understand these events');
      else if (status >= 300) return fail(`the cloud answered HTTP ${status}`, { why });
      place = last.next;
      writePlace(stateFolder, place);
      failures = 0;
      told = undefined;
    }
  };

  schedule(0);
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}

async function post(
  { cloudUrl, credential, fetch }: MirrorDeps,
  events: readonly EventRecord[],
  stopping: AbortSignal,
): Promise<{ status: number; why: string }> {
  const url = new URL('agents/events', cloudUrl.endsWith('/') ? cloudUrl : `${cloudUrl}/`);
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...(await credential.authorize('POST', url.href)), 'content-type': 'application/json' },
    body: JSON.stringify({ events: events.map(withoutWords) }),
    redirect: 'error',
    signal: AbortSignal.any([stopping, AbortSignal.timeout(ANSWER_WITHIN)]),
  });
  const { status } = response;
  if (status !== 401) await response.body?.cancel();
  return { status, why: status === 401 ? await reasonIn(response) : '' };
}

/** Such as a clock that is wrong, or an address that is not the cloud's own. */
async function reasonIn(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  const { error_description: words } = (body ?? {}) as { error_description?: unknown };
  return typeof words === 'string' ? `: ${words.slice(0, LONGEST_REASON)}` : '';
}

/** Sentences, and which entry of a rule it was, may name people and places of the company; codes and ids do not. */
function withoutWords({ message: _, fault: __, time, rule, ...rest }: EventRecord) {
  return { ...rest, time: Date.parse(time), ...(rule !== undefined && { rule: rule.split(':')[0] }) };
}

function readPlace(stateFolder: string): Place {
  try {
    const { file, offset } = JSON.parse(
      readFileSync(join(stateFolder, PLACE_FILE), 'utf8'),
    ) as Partial<Place>;
    if (Number.isSafeInteger(file) && Number.isSafeInteger(offset)) return { file, offset } as Place;
  } catch (error) {
    if (!(error instanceof SyntaxError) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return { file: 0, offset: 0 };
}

function writePlace(stateFolder: string, place: Place): void {
  const path = join(stateFolder, PLACE_FILE);
  writeFileSync(`${path}.draft`, JSON.stringify(place), { mode: 0o600 });
  renameSync(`${path}.draft`, path);
}
