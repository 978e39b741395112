/** What the main thread and the synchronising one tell each other. All of it is plain data. */
import type { ForestId } from '@homeward/sync';
import type { RunAnswer } from './run-requests.ts';
import type { SyncWork } from './sync-work.ts';

/** `workerData`: nothing secret, for it may show up in a report of the runtime. */
export type WorkerStart = { work: SyncWork; resetsUnderWay: SharedArrayBuffer };

export type ToWorker =
  /** the first message */
  | { kind: 'passwords'; passwords: [ForestId, string][] }
  | { kind: 'run'; call: number; full: boolean }
  | { kind: 'answer'; call: number; answer: CloudAnswer }
  | { kind: 'stop' };

export type FromWorker =
  | { kind: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; fields: object; message: string }
  | { kind: 'ran'; call: number; answer: RunAnswer }
  /** a request to the cloud: the main thread has the credential, its key and the way there */
  | { kind: 'ask'; call: number; ask: CloudAsk };

export type CloudAsk =
  | { what: 'discard' }
  | { what: 'fetch'; url: string; method: string; headers: [string, string][]; body: string | undefined };

export type CloudAnswer =
  | { ok: true; response?: { status: number; headers: [string, string][]; body: string } }
  | { ok: false; error: ToldError };

/** An error across threads: a structured clone would lose its code. */
export type ToldError = {
  name: string;
  code: string | undefined;
  message: string;
  stack: string | undefined;
};

export function toldError(error: unknown): ToldError {
  const {
    name = 'Error',
    code,
    message = String(error),
    stack,
  } = (error ?? {}) as Partial<Error> & { code?: unknown };
  return { name, code: typeof code === 'string' ? code : undefined, message, stack };
}
