import { coreDumpLimit, isDebuggedBySignal, leakingFlags, type Started } from './exposure.ts';

/** What is looked at and set of node:process. */
export type GuardedProcess = {
  execArgv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  report: { reportOnFatalError: boolean; reportOnSignal: boolean; reportOnUncaughtException: boolean };
  on: (signal: 'SIGUSR1', listener: () => void) => unknown;
};

export type GuardDeps = {
  process: GuardedProcess;
  /** what `/proc/self/limits` says; undefined where that cannot be read */
  limits: string | undefined;
  warn: (message: string) => void;
};

/**
 * For a process that is about to hold passwords and keys. Diagnostic reports are switched off, and SIGUSR1 opens no
 * debugger from now on; whatever only its service manager could have prevented is warned of in words.
 *
 * @returns why the process must not go on, a line for each flag; empty where it may
 */
export function guardProcess({ process, limits, warn }: GuardDeps): string[] {
  const started = startedWith(process);
  const problems = leakingFlags(started).map(
    (flag) =>
      `${flag}: node was started with it, so passwords could be read out of this process; start it without`,
  );
  if (problems.length > 0) return problems;
  const { report } = process;
  if (report.reportOnFatalError || report.reportOnSignal || report.reportOnUncaughtException)
    warn('diagnostic reports of node were switched off: they carry the environment and what was under way');
  Object.assign(report, {
    reportOnFatalError: false,
    reportOnSignal: false,
    reportOnUncaughtException: false,
  });
  process.on('SIGUSR1', () => warn('SIGUSR1 came, which asks node for a debugger: there is none here'));
  for (const weakness of weaknesses(started, limits)) warn(weakness);
  return [];
}

export function startedWith({ execArgv, env }: Pick<GuardedProcess, 'execArgv' | 'env'>): Started {
  return { execArgv, nodeOptions: env['NODE_OPTIONS'] };
}

function weaknesses(started: Started, limits: string | undefined): string[] {
  const limit = coreDumpLimit(limits);
  return [
    ...(limit === undefined
      ? []
      : [
          `core dumps are on (limit: ${limit}), and one would hold passwords and keys: set LimitCORE=0 in the service, or "ulimit -c 0" before the start`,
        ]),
    ...(isDebuggedBySignal(started)
      ? [
          'node was started without --disable-sigusr1: until this line, SIGUSR1 would have opened a debugger; start it with that flag',
        ]
      : []),
  ];
}
