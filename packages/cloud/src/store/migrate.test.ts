import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { openSqlite } from './sqlite.ts';

const first = { id: '0001-first', statements: ['create table one (id text)'] };
const second = { id: '0002-second', statements: ['create table two (id text)'] };

async function open() {
  return openSqlite(':memory:').database;
}

test('applies what is missing, once, and records it with its time', async () => {
  const database = await open();
  expect(await migrate(database, () => 7, [first])).toEqual(['0001-first']);
  expect(await migrate(database, () => 8, [first, second])).toEqual(['0002-second']);
  expect(await migrate(database, () => 9, [first, second])).toEqual([]);
  const rows = await database.selectFrom('migration').select(['id', 'appliedAt']).orderBy('id').execute();
  expect(rows).toEqual([
    { id: '0001-first', appliedAt: 7 },
    { id: '0002-second', appliedAt: 8 },
  ]);
});

test('refuses a migration that reads differently from the one applied', async () => {
  const database = await open();
  await migrate(database, () => 0, [first]);
  const changed = { ...first, statements: ['create table one (id text, more text)'] };
  await expect(migrate(database, () => 0, [changed])).rejects.toMatchObject({
    code: 'ERR_STORE_MIGRATION_CHANGED',
  });
});

test('refuses a store that a newer version wrote', async () => {
  const database = await open();
  await migrate(database, () => 0, [first, second]);
  await expect(migrate(database, () => 0, [first])).rejects.toMatchObject({ code: 'ERR_STORE_NEWER' });
});

test('leaves nothing of a migration that fails half way', async () => {
  const database = await open();
  const broken = { id: '0002-broken', statements: ['create table two (id text)', 'create nonsense'] };
  await expect(migrate(database, () => 0, [first, broken])).rejects.toThrow();
  const { rows } = await sql<{ name: string }>`select name from sqlite_master where name = 'two'`.execute(
    database,
  );
  expect(rows).toEqual([]);
  expect(await database.selectFrom('migration').select('id').execute()).toEqual([{ id: '0001-first' }]);
});

test('every migration of the store applies to an empty one', async () => {
  const database = await open();
  expect(await migrate(database, () => 0)).toEqual(MIGRATIONS.map(({ id }) => id));
});
