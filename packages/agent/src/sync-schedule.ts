import type { AgentLog } from './log.ts';

export type Schedule = {
  /** Runs once more as soon as the run under way is over; resolves when that one has ended. */
  runNow: () => Promise<void>;
  stop: () => Promise<void>;
};

/**
 * Runs a cycle at once and then again `everyMs` after the last one ended: never two at a time, and never
 * stopped by a cycle that fails.
 */
export function schedule(cycle: () => Promise<void>, everyMs: number, log: AgentLog): Schedule {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const run = (): Promise<void> => {
    clearTimeout(timer);
    running = running
      .then(() => (stopped ? undefined : cycle()))
      .catch((error: unknown) =>
        stopped
          ? undefined
          : log.warn({ err: error }, 'the synchronisation cycle failed; the next one tries again'),
      )
      .then(() => {
        clearTimeout(timer);
        if (!stopped) timer = setTimeout(run, everyMs);
      });
    return running;
  };
  void run();
  return {
    runNow: run,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
