import { setTimeout } from 'node:timers/promises';
import { ConnectionFailure } from '@homeward/active-directory';
import type { ForestId } from '@homeward/sync';
import type { AgentLog } from '../log.ts';
import { type Schedule, schedule } from '../sync-schedule.ts';
import { openSyncRunner, type SyncRunner } from './open-sync-runner.ts';
import type { CycleProgress } from './run-full-cycle.ts';
import {
  answerRun,
  type FailedRun,
  forgetRunAnswers,
  type RunAnswer,
  takeRunRequests,
} from './run-requests.ts';
import type { CloudEndpoint } from './scim-client.ts';
import { takeSyncLock } from './sync-lock.ts';
import type { SyncOrder } from './sync-work.ts';
import { toldError } from './thread-messages.ts';

export type ServeSyncDeps = {
  order: SyncOrder;
  cloud: CloudEndpoint;
  log: AgentLog;
  clock: { now: () => number };
  onProgress: (progress: CycleProgress) => void;
};

/** In ms: how soon a command's request is seen, and how often a lock that another process holds is tried. */
const LOOK_EVERY = 500;

/**
 * Keeps each forest up to date by a schedule of its own, and runs a cycle for whoever asks, here or through the
 * state folder, until stopped. While a command synchronises by itself, it waits for that.
 */
export function serveSync(deps: ServeSyncDeps): {
  runNow: (options: { full: boolean }) => Promise<RunAnswer>;
  stop: () => Promise<void>;
} {
  const { order, log } = deps;
  const { stateFolder, settings } = order.work;
  const stopping = new AbortController();
  const ready = open(deps, stopping.signal);
  const lookOut = ready.then(async (opened) => {
    while (opened !== undefined && !stopping.signal.aborted) {
      const requests = takeRunRequests(stateFolder);
      if (requests.length > 0)
        answerRun(stateFolder, requests, await opened.runAll(requests.some(({ full }) => full)));
      await pause(stopping.signal);
    }
  });
  const schedules = ready.then((opened): Schedule[] => {
    if (opened === undefined) return [];
    const every = settings.everySeconds * 1_000;
    return opened.runner.forests.map((forest) =>
      schedule(async () => void (await opened.runner.run(forest)), every, log),
    );
  });
  const failure = (err: unknown) => log.error({ err }, 'synchronisation does not run');
  lookOut.catch(failure);
  return {
    runNow: async ({ full }) => (await (await ready)?.runAll(full)) ?? { runs: [] },
    async stop() {
      stopping.abort();
      const running = await schedules.catch(() => []);
      await Promise.all([lookOut.catch(() => {}), ...running.map((one) => one.stop())]);
      (await ready.catch(() => undefined))?.close();
    },
  };
}

type Opened = { runner: SyncRunner; runAll: (full: boolean) => Promise<RunAnswer>; close: () => void };

/** undefined where it was stopped before the lock was free */
async function open(deps: ServeSyncDeps, signal: AbortSignal): Promise<Opened | undefined> {
  const { stateFolder, forests } = deps.order.work;
  let lock = takeSyncLock(stateFolder);
  if (lock === undefined) deps.log.info({}, 'a command synchronises; waiting for its end');
  for (; lock === undefined; lock = takeSyncLock(stateFolder)) {
    await pause(signal);
    if (signal.aborted) return undefined;
  }
  forgetRunAnswers(stateFolder);
  const runner = openSyncRunner({ ...deps, signal });
  const held = lock;
  return {
    runner,
    runAll: async (full) => ({
      runs: await Promise.all(
        forests.map(({ sid, domain }) => runner.run(sid, { full }).catch(failedRun(sid, domain))),
      ),
    }),
    close() {
      runner.close();
      held[Symbol.dispose]();
    },
  };
}

export function failedRun(forest: ForestId, domain: string): (error: unknown) => FailedRun {
  return (error) => {
    const { code, message } = toldError(error);
    if (!(error instanceof ConnectionFailure)) return { forest, domain, error: { code, message } };
    const { reason, controller } = error;
    return {
      forest,
      domain,
      error: { code, message, reason, ...(controller !== undefined && { controller }) },
    };
  };
}

function pause(signal: AbortSignal): Promise<void> {
  return setTimeout(LOOK_EVERY, undefined, { signal }).catch(() => {});
}
