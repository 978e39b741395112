import { mkdtempDisposableSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DEFAULT_RULES } from '../rules/agent-rules.ts';
import { openBreaker } from '../rules/write-breaker.ts';
import { openSyncDatabase } from '../sync/sync-database.ts';
import { takeSyncLock } from '../sync/sync-lock.ts';
import { openJournal } from '../writeback/journal.ts';
import { makePrivate } from './durable-files.ts';

test('what the agent keeps of people and requests is for its own account, whatever it was started by', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-private-'));
  const journal = openJournal(folder.path, () => 1);
  const breaker = openBreaker(folder.path, DEFAULT_RULES);
  const people = openSyncDatabase(folder.path);
  using _lock = takeSyncLock(folder.path);
  journal.nextSession();
  breaker.countWrite('S-1-5-21-1-2-3', 1);
  const names = readdirSync(folder.path).toSorted();
  expect(names).toEqual(expect.arrayContaining(['breaker.db', 'breaker.db-wal', 'journal.db', 'sync.db']));
  expect(names).toEqual(expect.arrayContaining(['journal.db-wal', 'sync.lock']));
  for (const name of names) expect(statSync(join(folder.path, name)).mode & 0o077, name).toBe(0);
  people.close();
  breaker.close();
  journal.close();
});

test('a file that is there keeps what is in it', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-private-'));
  const file = join(folder.path, 'journal.db');
  writeFileSync(file, 'content');
  makePrivate(file);
  expect(statSync(file).size).toBe('content'.length);
});
