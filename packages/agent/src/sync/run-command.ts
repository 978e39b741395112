import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { AgentLog } from '../log.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type ForestRun, openSyncRunner } from './open-sync-runner.ts';
import { runLines } from './print-run.ts';
import { askForRun, type FailedRun, type RunAnswer, takeRunAnswer } from './run-requests.ts';
import type { CloudEndpoint } from './scim-client.ts';
import { failedRun } from './serve-sync.ts';
import { takeSyncLock } from './sync-lock.ts';
import type { SyncOrder } from './sync-work.ts';

export type RunCommandDeps = {
  order: SyncOrder;
  cloud: CloudEndpoint;
  log: AgentLog;
  clock: { now: () => number };
  terminal: Terminal;
  command: string;
};

const LOOK_EVERY_MS = 200;

/** `sync run`. @returns 0 where every forest's cycle ended well, else 1 */
export async function runSync(
  options: { full?: boolean; json?: boolean },
  deps: RunCommandDeps,
): Promise<0 | 1> {
  const { terminal } = deps;
  const { by, runs } = await runOnce(options.full ?? false, deps);
  terminal.progress(undefined);
  const isWell = runs.length > 0 && runs.every((run) => !('error' in run));
  if (options.json) {
    terminal.print(JSON.stringify({ isWell, by, runs }, null, 2));
    return isWell ? 0 : 1;
  }
  for (const run of runs) {
    const paint = 'error' in run ? (line: string) => terminal.paint('bad', line) : (line: string) => line;
    for (const line of runLines(run, deps)) terminal.print(paint(line));
  }
  if (runs.length === 0)
    terminal.print('Nothing was synchronised: the agent could not begin. Its log says why.');
  return isWell ? 0 : 1;
}

/** Here where nobody else synchronises this state folder, else by whoever does. */
async function runOnce(
  full: boolean,
  deps: RunCommandDeps,
): Promise<RunAnswer & { by: 'agent' | 'command' }> {
  const { order, terminal } = deps;
  const { stateFolder } = order.work;
  const request = { id: randomUUID(), full };
  let asked = false;
  for (;;) {
    const answer = asked ? takeRunAnswer(stateFolder, request) : undefined;
    if (answer !== undefined) return { by: 'agent', ...answer };
    using lock = takeSyncLock(stateFolder);
    if (lock !== undefined) return { by: 'command', ...(await runHere(full, deps)) };
    if (!asked) askForRun(stateFolder, request);
    asked = true;
    terminal.progress('waiting for the running agent');
    await setTimeout(LOOK_EVERY_MS);
  }
}

async function runHere(full: boolean, deps: RunCommandDeps): Promise<RunAnswer> {
  const { terminal, order } = deps;
  const runner = openSyncRunner({
    ...deps,
    onProgress: ({ step, done }) => terminal.progress(`${STEPS[step]} ${done}`),
  });
  try {
    // Each first, then all again: whoever is matched across forests waits for the last one's import.
    const cycle = (again: boolean) =>
      Promise.all(
        order.work.forests.map(({ sid, domain }) =>
          runner.run(sid, { full: full && !again }).catch(failedRun(sid, domain)),
        ),
      );
    const runs = await cycle(false);
    const isWaiting = runs.some((run) => 'waitingFor' in run && run.waitingFor.length > 0);
    return { runs: isWaiting ? (await cycle(true)).map((run, at) => joined(runs[at], run)) : runs };
  } finally {
    runner.close();
  }
}

const STEPS = { import: 'reading', synchronise: 'synchronising', export: 'exporting' } as const;

/** What was read the first time, and what became of it the second time. */
function joined(
  first: ForestRun | FailedRun | undefined,
  then: ForestRun | FailedRun,
): ForestRun | FailedRun {
  if (first === undefined || 'error' in first || 'error' in then) return then;
  const { mode, seen, added, changed, deleted, moved, unreadable } = first;
  return { ...then, mode, seen, added, changed, deleted, moved, unreadable, ms: first.ms + then.ms };
}
