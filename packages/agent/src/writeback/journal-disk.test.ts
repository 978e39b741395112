import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JournalDisk } from './journal-disk.ts';

test('flushes at once and beside other work', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-disk-'));
  const file = join(folder.path, 'journal.db-wal');
  writeFileSync(file, 'entries');
  const disk = new JournalDisk(file);
  expect(disk.flush()).toBeUndefined();
  expect(await disk.flushed()).toBeUndefined();
  disk.close();
});

test('counts nothing as written after a failure, although the disk is well again', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-disk-'));
  const file = join(folder.path, 'state', 'journal.db-wal');
  const disk = new JournalDisk(file);
  await expect(disk.flushed()).rejects.toMatchObject({ code: 'ENOENT' });
  mkdirSync(join(folder.path, 'state'));
  writeFileSync(file, 'entries');
  await expect(disk.flushed()).rejects.toMatchObject({ code: 'ENOENT' });
  expect(() => disk.flush()).toThrow('ENOENT');
  disk.close();
});
