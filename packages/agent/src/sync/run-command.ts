import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { AgentLog } from '../log.ts';
import { counted } from '../permissions/print-survey.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { heldLines } from './confirm-command.ts';
import { type ForestRun, openSyncRunner } from './open-sync-runner.ts';
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
  for (const run of runs) for (const line of linesOf(run, deps)) terminal.print(line);
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

function linesOf(run: ForestRun | FailedRun, { terminal, command }: RunCommandDeps): string[] {
  if ('error' in run)
    return [terminal.paint('bad', `${run.domain}: the cycle failed${codeOf(run)}. ${run.error.message}`)];
  const { domain, mode, seen, added, changed, moved, deleted, unreadable, exported, waitingFor, held } = run;
  const read =
    mode === 'full'
      ? `everything was read, ${counted(seen, 'object', 'objects')}`
      : `${counted(seen, 'change', 'changes')} read`;
  const refused = exported.refused === 0 ? '' : `, ${exported.refused} refused by the cloud (see its log)`;
  return [
    `${domain}: ${read}: ${added} new, ${changed} changed, ${moved} moved, ${deleted} gone (${(run.ms / 1000).toFixed(1)} s)`,
    `  exported to the cloud: ${exported.created} created, ${exported.updated} updated, ${exported.deleted} deleted${refused}`,
    ...(unreadable > 0
      ? [
          `  ${counted(unreadable, 'object', 'objects')} could not be read; nobody is deleted while that is so.`,
        ]
      : []),
    ...(waitingFor.length > 0
      ? ['  nothing is exported before every forest was read once; another forest is missing.']
      : []),
    ...heldLines({ forest: held.inForest, cloud: held.inCloud }, command).map((line) => `  ${line}`),
  ];
}

function codeOf({ error: { code } }: FailedRun): string {
  return code === undefined ? '' : ` (${code})`;
}
