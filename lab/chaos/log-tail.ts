import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 60_000;

/**
 * Returns a moment after this text is written into a log, from now on.
 * @param times how often it has to be there
 * @throws where it is not within a minute
 */
export async function untilLogged(path: string, text: string, times = 1): Promise<void> {
  const from = statSync(path).size;
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(2)) {
    if (statSync(path).size === from) continue;
    const written = readFileSync(path).subarray(from).toString('utf8');
    if (written.split(text).length > times) return;
  }
  throw new Error(`"${text}" was not logged ${times} times in ${path}`);
}
