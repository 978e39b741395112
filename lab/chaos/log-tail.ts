import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 10_000;

/** Returns a moment after this text is written into a log, from now on. @throws where it is not within ten seconds */
export async function untilLogged(path: string, text: string): Promise<void> {
  let read = statSync(path).size;
  const file = await open(path);
  try {
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(2)) {
      const { size } = statSync(path);
      if (size <= read) continue;
      const { buffer } = await file.read({ buffer: Buffer.alloc(size - read), position: read });
      read = size;
      if (buffer.includes(text)) return;
    }
  } finally {
    await file.close();
  }
  throw new Error(`"${text}" was not logged in ${path}`);
}
