/** Ways by which the memory of a process can leave it, as the process was started and limited. */

/** What was set when node was started. */
export type Started = {
  /** of node:process */
  execArgv: readonly string[];
  /** the environment's NODE_OPTIONS */
  nodeOptions: string | undefined;
};

/** Nothing takes these back once node runs: a debugger, a heap snapshot, a core dump for each uncaught error. */
const LEAKING = [
  '--inspect',
  '--inspect-brk',
  '--inspect-wait',
  '--heapsnapshot-signal',
  '--heapsnapshot-near-heap-limit',
  '--abort-on-uncaught-exception',
];

/** @returns flags that hand memory to others, each with where it was found; empty where there are none */
export function leakingFlags(started: Started): string[] {
  return flagsOf(started).flatMap(({ name, where }) =>
    LEAKING.includes(name) ? [where === undefined ? name : `${name} (from ${where})`] : [],
  );
}

/** SIGUSR1 opens the inspector of every node that was not started with `--disable-sigusr1`. */
export function isDebuggedBySignal(started: Started): boolean {
  return !flagsOf(started).some(({ name }) => name === '--disable-sigusr1');
}

/**
 * @param limits what `/proc/<pid>/limits` says (proc(5)); undefined where that cannot be read
 * @returns the largest core dump in bytes, or `unlimited`; undefined where there are none, or nobody can tell
 */
export function coreDumpLimit(limits: string | undefined): string | undefined {
  const soft = /^Max core file size\s+(\S+)/m.exec(limits ?? '')?.[1];
  return soft === '0' ? undefined : soft;
}

/** node takes `_` for `-` in names, and from NODE_OPTIONS quoted words. */
function flagsOf({ execArgv, nodeOptions = '' }: Started): { name: string; where?: string }[] {
  const named = (flag: string) => flag.replaceAll(/^"|"$/g, '').split('=', 1)[0]?.replaceAll('_', '-') ?? '';
  const typed = execArgv.filter((word) => word.startsWith('--')).map((flag) => ({ name: named(flag) }));
  const words = nodeOptions.split(/\s+/).filter((word) => /^"?--/.test(word));
  return [...typed, ...words.map((flag) => ({ name: named(flag), where: 'NODE_OPTIONS' }))];
}
