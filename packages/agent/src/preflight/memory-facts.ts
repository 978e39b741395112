import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Started } from '@homeward/process-memory/exposure';
import { readLimits } from '@homeward/process-memory/read-limits';

export type MemoryFacts = {
  /** of the running agent; undefined: none runs, or it is not for us to look at, and the rest is of this process */
  pid?: number;
  started: Started;
  /** `/proc/<pid>/limits`; undefined where that cannot be read */
  limits: string | undefined;
};

/** How the running agent was started and limited, or this process where none runs. */
export function memoryFacts(stateFolder: string, own: Started): MemoryFacts {
  const pid = holderOf(join(stateFolder, 'journal.db'));
  const words = pid === undefined ? undefined : wordsOf(pid, 'cmdline');
  const variables = pid === undefined ? undefined : wordsOf(pid, 'environ');
  if (pid === undefined || words === undefined || variables === undefined)
    return { started: own, limits: readLimits('self') };
  const script = words.findIndex((word, at) => at > 0 && !word.startsWith('-'));
  const nodeOptions = variables.find((variable) => variable.startsWith('NODE_OPTIONS='));
  return {
    pid,
    started: { execArgv: words.slice(1, script), nodeOptions: nodeOptions?.slice('NODE_OPTIONS='.length) },
    limits: readLimits(pid),
  };
}

/** The process that has the file locked, by the kernel's list of locks (proc(5), /proc/locks). */
function holderOf(path: string): number | undefined {
  try {
    const { ino } = statSync(path);
    const locks = readFileSync('/proc/locks', 'utf8');
    const held = new RegExp(`^\\d+: POSIX +\\S+ +WRITE +(\\d+) \\S+:${ino} `, 'm').exec(locks)?.[1];
    return held === undefined || held === '0' ? undefined : Number(held);
  } catch {
    return undefined;
  }
}

function wordsOf(pid: number, what: 'cmdline' | 'environ'): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return undefined;
  }
}
