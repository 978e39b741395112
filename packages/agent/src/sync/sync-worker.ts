/** The synchronising thread: it alone writes sync.db. Started by `startSyncThread`. */
import { parentPort, workerData } from 'node:worker_threads';
import { Secret } from '@homeward/protocol/secret';
import type { ForestId } from '@homeward/sync';
import { AgentError, type AgentErrorCode } from '../errors.ts';
import type { AgentLog } from '../log.ts';
import { ResetsUnderWay } from './give-way.ts';
import type { CloudEndpoint } from './scim-client.ts';
import { serveSync } from './serve-sync.ts';
import {
  type CloudAnswer,
  type CloudAsk,
  type FromWorker,
  type ToWorker,
  toldError,
  type WorkerStart,
} from './thread-messages.ts';

const port = parentPort;
if (port === null) throw new TypeError('this file runs as a worker thread');
const { work, resetsUnderWay } = workerData as WorkerStart;
const tell = (message: FromWorker) => port.postMessage(message);

const open = new Map<number, (answer: CloudAnswer) => void>();
let calls = 0;
let serving: ReturnType<typeof serveSync> | undefined;

port.on('message', (message: ToWorker) => {
  if (message.kind === 'answer') {
    open.get(message.call)?.(message.answer);
    open.delete(message.call);
  } else if (message.kind === 'passwords') serving = start(message.passwords);
  else if (message.kind === 'run') void run(message.call, message.full);
  else void serving?.stop().then(() => port.close());
});

function start(passwords: readonly [ForestId, string][]) {
  const resets = new ResetsUnderWay(resetsUnderWay);
  return serveSync({
    order: { work, passwords: new Map(passwords.map(([sid, password]) => [sid, new Secret(password)])) },
    cloud: cloudThroughMain(),
    log: logThroughMain(),
    clock: { now: Date.now },
    onProgress: () => resets.waitForThem(),
  });
}

async function run(call: number, full: boolean): Promise<void> {
  const answer = (await serving?.runNow({ full })) ?? { runs: [] };
  tell({ kind: 'ran', call, answer });
}

/** The credential and its key stay on the other thread: what is sent from here is completed there. */
function cloudThroughMain(): CloudEndpoint {
  return {
    url: work.cloudUrl,
    authorize: async () => ({}),
    discard: () => void ask({ what: 'discard' }),
    fetch: async (input, init) => {
      const headers = [...new Headers(init?.headers)];
      const body = typeof init?.body === 'string' ? init.body : undefined;
      const response = await ask({
        what: 'fetch',
        ...{ url: String(input), method: init?.method ?? 'GET', headers, body },
      });
      if (response === undefined) throw new TypeError('an answer without a response');
      return new Response(response.body === '' ? null : response.body, response);
    },
  };
}

async function ask(what: CloudAsk) {
  const call = ++calls;
  const answer = await new Promise<CloudAnswer>((resolve) => {
    open.set(call, resolve);
    tell({ kind: 'ask', call, ask: what });
  });
  if (answer.ok) return answer.response;
  const { name, code, message } = answer.error;
  if (name === 'AgentError') throw new AgentError(code as AgentErrorCode, message);
  throw Object.assign(new Error(message), { name, code });
}

function logThroughMain(): AgentLog {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) => {
    const { err, ...rest } = fields as { err?: unknown };
    tell({
      kind: 'log',
      level,
      message,
      fields: err === undefined ? rest : { ...rest, err: toldError(err) },
    });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
