import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Arguments for node, of a child with an IPC channel that is to be asked. */
export const REPORTS_HEAP = ['--expose-gc', '--import', new URL('report-heap.ts', import.meta.url).href];

/** @returns what is in use after a full collection, MB */
export async function usedHeapMB(child: ChildProcess): Promise<number> {
  const heard = new AbortController();
  const { signal } = heard;
  const answered = once(child, 'message', { signal });
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error('the process ended while it was asked for its memory');
  });
  try {
    child.send('heap');
    const [bytes] = (await Promise.race([answered, ended])) as [number];
    return bytes / 1e6;
  } finally {
    // Whichever came: the other is not waited for any more.
    for (const one of [answered, ended]) one.catch(() => {});
    heard.abort();
  }
}
