import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { WalFlusher } from './wal-flusher.ts';

/** A disk that answers when it is told to. */
function slowDisk() {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-wal-'));
  const file = join(folder.path, 'cloud.db-wal');
  writeFileSync(file, '');
  const flushes: PromiseWithResolvers<void>[] = [];
  const flusher = new WalFlusher(file, () => {
    const flush = Promise.withResolvers<void>();
    flushes.push(flush);
    return flush.promise;
  });
  return {
    ...{ flusher, flushes },
    async begun(count: number) {
      while (flushes.length < count) await turn();
    },
    async [Symbol.asyncDispose]() {
      await flusher.close();
      folder.remove();
    },
  };
}

test('is done when the disk is', async () => {
  await using disk = slowDisk();
  let isDone = false;
  const flushed = disk.flusher.flushed().then(() => {
    isDone = true;
  });
  await disk.begun(1);
  await turn();
  expect(isDone).toBe(false);
  disk.flushes[0]?.resolve();
  await flushed;
  expect(isDone).toBe(true);
});

test('gives all who ask during one flush the next one, not the one under way', async () => {
  await using disk = slowDisk();
  const first = disk.flusher.flushed();
  await disk.begun(1);
  const later = [disk.flusher.flushed(), disk.flusher.flushed(), disk.flusher.flushed()];
  disk.flushes[0]?.resolve();
  await first;
  await disk.begun(2);
  disk.flushes[1]?.resolve();
  await Promise.all(later);
  expect(disk.flushes).toHaveLength(2);
});

test('counts nothing as safe after a flush that failed', async () => {
  await using disk = slowDisk();
  const failing = disk.flusher.flushed();
  await disk.begun(1);
  const waiting = disk.flusher.flushed();
  disk.flushes[0]?.reject(new Error('EIO'));
  await expect(failing).rejects.toThrow('EIO');
  await expect(waiting).rejects.toThrow('EIO');
  await expect(disk.flusher.flushed()).rejects.toThrow('EIO');
  expect(disk.flushes).toHaveLength(1);
});
