import type { Logger } from 'pino';

/** Work that goes on beside the requests: soon after `wake`, and every so often by itself. */
export type Background = {
  start(): void;
  wake(): void;
  /** waits for the run under way */
  stop(): Promise<void>;
};

/** Runs never overlap; a fault is logged and the next run comes all the same. */
export function inBackground(options: {
  name: string;
  everyMs: number;
  work: () => Promise<void>;
  log: Pick<Logger, 'error'>;
}): Background {
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = true;
  let timer: NodeJS.Timeout | undefined;

  const run = async () => {
    do {
      again = false;
      try {
        await options.work();
      } catch (error) {
        options.log.error(
          { err: error, work: options.name },
          'background work failed; it will be tried again',
        );
      }
    } while (again && !stopped);
    running = undefined;
  };
  const wake = () => {
    if (stopped) return;
    again = true;
    running ??= run();
  };

  return {
    wake,
    start() {
      stopped = false;
      timer = setInterval(wake, options.everyMs);
      timer.unref();
      wake();
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
