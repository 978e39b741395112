import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Arguments for node, of a child with an IPC channel that is to be asked. */
export const REPORTS_HEAP = ['--expose-gc', '--import', new URL('report-heap.ts', import.meta.url).href];

/** @returns what is in use after a full collection, MB */
export async function usedHeapMB(child: ChildProcess): Promise<number> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('the process ended while it was asked for its memory');
  });
  const answered = once(child, 'message');
  child.send('heap');
  const [bytes] = (await Promise.race([answered, ended])) as [number];
  ended.catch(() => {});
  return bytes / 1e6;
}
