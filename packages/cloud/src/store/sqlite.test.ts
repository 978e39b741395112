import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openSqlite } from './sqlite.ts';
import { openTestDatabase } from './test-database.ts';

test('keeps a second cloud off the same file', async () => {
  await using open = await openTestDatabase();
  expect(() => openSqlite(join(open.folder, 'cloud.db'))).toThrow(
    expect.objectContaining({ code: 'ERR_STORE_IN_USE' }),
  );
});

test('writes through to the disk, and overwrites what is deleted', async () => {
  await using open = await openTestDatabase();
  const pragma = async (name: string) => {
    const { rows } = await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(open.database);
    return Object.values(rows[0] ?? {})[0];
  };
  expect(await pragma('journal_mode')).toBe('wal');
  expect(await pragma('synchronous')).toBe(2);
  expect(await pragma('secure_delete')).toBe(1);
  expect(await pragma('foreign_keys')).toBe(1);
});
