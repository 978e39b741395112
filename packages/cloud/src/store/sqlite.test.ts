import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Database } from './database.ts';
import { openSqlite } from './sqlite.ts';
import { openTestDatabase } from './test-database.ts';

test('keeps a second cloud off the same file', async () => {
  await using open = await openTestDatabase();
  expect(() => openSqlite(join(open.folder, 'cloud.db'))).toThrow(
    expect.objectContaining({ code: 'ERR_STORE_IN_USE' }),
  );
});

test('a file that is no store is not taken for one in use', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-cloud-'));
  const file = join(folder.path, 'cloud.db');
  writeFileSync(file, 'this was never a database, whatever it is called');
  expect(() => openSqlite(file)).toThrow(expect.objectContaining({ code: 'ERR_STORE_UNUSABLE' }));
});

test('overwrites what is deleted, and holds rows to what they refer to', async () => {
  await using open = await openTestDatabase();
  const pragma = async (name: string) => {
    const { rows } = await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(open.database);
    return Object.values(rows[0] ?? {})[0];
  };
  expect(await pragma('journal_mode')).toBe('wal');
  expect(await pragma('secure_delete')).toBe(1);
  expect(await pragma('foreign_keys')).toBe(1);
});

/** A store whose disk is done with a flush when it is told to. */
async function openOnSlowDisk() {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-cloud-'));
  const flushes: PromiseWithResolvers<void>[] = [];
  const flusher = {
    async close() {},
    flushed() {
      const flush = Promise.withResolvers<void>();
      flushes.push(flush);
      return flush.promise;
    },
  };
  const store = openSqlite(join(folder.path, 'cloud.db'), { flusher });
  await sql`create table note (text text)`.execute(store.asynchronousCommit);
  const write = (on: Database) => sql`insert into note values ('kept')`.execute(on);
  const transact = (on: Database) => on.transaction().execute((transaction) => write(transaction));
  const count = async () => (await sql`select text from note`.execute(store.database)).rows.length;
  return {
    ...{ flushes, store, write, transact, count },
    async [Symbol.asyncDispose]() {
      await store.database.destroy();
      folder.remove();
    },
  };
}

test.each(['write', 'transact'] as const)('a %s is done when it is on the disk', async (way) => {
  await using open = await openOnSlowDisk();
  let isDone = false;
  const written = open[way](open.store.database).then(() => {
    isDone = true;
  });
  while (open.flushes.length === 0) await turn();
  expect(await open.count(), 'others see it, and need not wait for the disk').toBe(1);
  expect(isDone).toBe(false);
  open.flushes[0]?.resolve();
  await written;
  expect(isDone).toBe(true);
});

test('an asynchronous commit is seen by all and does not wait for the disk', async () => {
  await using open = await openOnSlowDisk();
  await open.transact(open.store.asynchronousCommit);
  expect(await open.count()).toBe(1);
  expect(open.flushes).toHaveLength(0);
});

test('a write whose flush fails is told as failed', async () => {
  await using open = await openOnSlowDisk();
  const written = open.transact(open.store.database);
  while (open.flushes.length === 0) await turn();
  open.flushes[0]?.reject(new Error('EIO'));
  await expect(written).rejects.toThrow('EIO');
});

test('takes turns: what one transaction has not committed, no other sees or joins', async () => {
  await using open = await openOnSlowDisk();
  const other = Promise.withResolvers<void>();
  const rolledBack = open.store.asynchronousCommit
    .transaction()
    .execute(async (transaction) => {
      await open.write(transaction);
      await other.promise;
      throw new Error('no');
    })
    .catch((error: Error) => error.message);
  const between = open.count();
  other.resolve();
  expect(await rolledBack).toBe('no');
  expect(await between).toBe(0);
});
