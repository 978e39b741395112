import { Worker } from 'node:worker_threads';
import type { AgentLog } from '../log.ts';
import { ResetsUnderWay } from './give-way.ts';
import type { RunAnswer } from './run-requests.ts';
import type { CloudEndpoint } from './scim-client.ts';
import type { SyncOrder } from './sync-work.ts';
import {
  type CloudAnswer,
  type CloudAsk,
  type FromWorker,
  type ToWorker,
  toldError,
  type WorkerStart,
} from './thread-messages.ts';

export type SyncThread = {
  /** Work that synchronisation gives way to. */
  ahead: <T>(work: () => Promise<T>) => Promise<T>;
  /** A cycle of each forest, after what is under way. @throws where the thread ended meanwhile */
  runNow: (options?: { full?: boolean }) => Promise<RunAnswer>;
  stop: () => Promise<void>;
};

const START_AGAIN_MS = 30_000;
const STOP_WITHIN_MS = 15_000;

/**
 * Synchronises in a thread of its own, so that nobody's reset waits for it. Its requests to the cloud and its log go
 * through here. Should it end by a fault, that is logged, and it is started again.
 */
export function startSyncThread(deps: { order: SyncOrder; cloud: CloudEndpoint; log: AgentLog }): SyncThread {
  const { order, cloud, log } = deps;
  const resets = new ResetsUnderWay();
  const open = new Map<number, { resolve: (answer: RunAnswer) => void; reject: (error: Error) => void }>();
  let calls = 0;
  let stopping = false;
  let again: NodeJS.Timeout | undefined;
  let worker = start();

  function start(): Worker {
    const workerData: WorkerStart = { work: order.work, resetsUnderWay: resets.shared };
    const started = new Worker(new URL('./sync-worker.ts', import.meta.url), {
      workerData,
      name: 'sync',
      // Secrets never come by the environment, and none of this thread's is needed there.
      env: {},
    });
    const tell = (message: ToWorker) => started.postMessage(message);
    started.on('message', (message: FromWorker) => {
      if (message.kind === 'log') log[message.level](message.fields, message.message);
      else if (message.kind === 'ran') {
        open.get(message.call)?.resolve(message.answer);
        open.delete(message.call);
      } else
        void answerFor(cloud, message.ask).then((answer) =>
          tell({ kind: 'answer', call: message.call, answer }),
        );
    });
    started.on('error', (err) => log.error({ err }, 'the synchronising thread failed; it starts again'));
    started.on('exit', () => {
      for (const { reject } of open.values()) reject(new Error('the synchronising thread ended'));
      open.clear();
      if (stopping) return;
      again = setTimeout(() => {
        worker = start();
      }, START_AGAIN_MS);
    });
    tell({
      kind: 'passwords',
      passwords: [...order.passwords].map(([sid, password]) => [sid, password.reveal()]),
    });
    return started;
  }

  return {
    ahead: (work) => resets.during(work),
    runNow: ({ full = false } = {}) =>
      new Promise((resolve, reject) => {
        const call = ++calls;
        open.set(call, { resolve, reject });
        worker.postMessage({ kind: 'run', call, full } satisfies ToWorker);
      }),
    async stop() {
      stopping = true;
      clearTimeout(again);
      const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      worker.postMessage({ kind: 'stop' } satisfies ToWorker);
      const late = setTimeout(() => void worker.terminate(), STOP_WITHIN_MS);
      if (worker.threadId !== -1) await ended;
      clearTimeout(late);
    },
  };
}

const ANSWER_WITHIN_MS = 60_000;

async function answerFor(cloud: CloudEndpoint, ask: CloudAsk): Promise<CloudAnswer> {
  try {
    if (ask.what === 'discard') cloud.discard?.();
    if (ask.what === 'discard') return { ok: true };
    const who = await cloud.authorize(ask.method, ask.url);
    const response = await cloud.fetch(ask.url, {
      method: ask.method,
      headers: [...ask.headers, ...Object.entries(who)],
      ...(ask.body !== undefined && { body: ask.body }),
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const { status, headers } = response;
    return { ok: true, response: { status, headers: [...headers], body: await response.text() } };
  } catch (error) {
    return { ok: false, error: toldError(error) };
  }
}
