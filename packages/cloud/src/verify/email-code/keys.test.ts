import { createHash, createHmac } from 'node:crypto';
import { Secret } from '@homeward/protocol/secret';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { deriveSecrets } from '../../secrets/secrets.ts';
import { askCode } from '../../testing/reset-steps.ts';
import { startTestCloud, type TestCloud } from '../../testing/test-cloud.ts';
import { codeHmacOf } from './keys.ts';

const secrets = deriveSecrets(new Secret(Buffer.alloc(32, 7)));
const others = deriveSecrets(new Secret(Buffer.alloc(32, 8)));

test('what is kept of a code depends on the master key, the flow and the code', () => {
  const kept = [
    codeHmacOf(secrets, 'flow', '123456'),
    codeHmacOf(others, 'flow', '123456'),
    codeHmacOf(secrets, 'another flow', '123456'),
    codeHmacOf(secrets, 'flow', '123457'),
  ];
  expect(new Set(kept).size).toBe(4);
});

/** Every value of every table, as text and as the bytes that it may stand for. */
async function everythingIn({ database }: TestCloud): Promise<Buffer[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select name from sqlite_master where type = 'table'`.execute(database);
  const contents = await Promise.all(
    tables.map(({ name }) =>
      sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(database),
    ),
  );
  const values = contents.flatMap(({ rows }) => rows).flatMap((row) => Object.values(row));
  return values.flatMap((value) => {
    if (value instanceof Uint8Array) return [Buffer.from(value)];
    if (value === null) return [];
    const text = String(value);
    return [Buffer.from(text), Buffer.from(text, 'hex'), Buffer.from(text, 'base64')];
  });
}

test('who has the store and guesses a code cannot tell whether the guess is right', async () => {
  await using cloud = await startTestCloud();
  const { code } = await askCode(cloud);
  const { flowId, codeHmac } = await cloud.database
    .selectFrom('emailCode')
    .select(['flowId', 'codeHmac'])
    .executeTakeFirstOrThrow();
  expect(codeHmac).toBe(codeHmacOf(cloud.secrets, flowId, code));

  const store = await everythingIn(cloud);
  expect(store.length).toBeGreaterThan(50);
  const guesses = ['', flowId].flatMap((salt) => [`${salt}${code}`, `${salt}\0${code}`, `${code}${salt}`]);
  const tried = guesses.flatMap((guess) => [
    createHash('sha256').update(guess).digest('hex'),
    ...store.map((key) => createHmac('sha256', key).update(guess).digest('hex')),
  ]);
  expect(tried).not.toContain(codeHmac);
});
