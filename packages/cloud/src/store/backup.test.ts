import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { newId } from '@homeward/protocol/id';
import { expect, test } from 'vitest';
import { backUp } from './backup.ts';
import { openTestDatabase, type TestDatabase } from './test-database.ts';

const depsOf = ({ database }: TestDatabase) => ({ database, tenant: { id: newId() }, clock: () => 7_000 });

test('a backup is a whole store of its own, for its owner alone, while the cloud goes on writing', async () => {
  await using open = await openTestDatabase();
  const file = join(open.folder, 'backup.db');
  const deps = depsOf(open);
  const made = await backUp(deps, file);
  expect(made).toEqual({ file, bytes: statSync(file).size, at: 7_000 });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await open.database.deleteFrom('migration').execute();
  using copy = new DatabaseSync(file, { readOnly: true });
  expect(copy.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
  expect(copy.prepare('select count(*) as n from migration').get()?.['n']).toBeGreaterThan(9);
  expect(copy.prepare('select activity, result, at from audit').all()).toEqual([
    { activity: 'backUpStore', result: 'pending', at: 7_000 },
  ]);
  const live = await open.database.selectFrom('audit').select(['activity', 'result']).execute();
  expect(live).toEqual([
    { activity: 'backUpStore', result: 'pending' },
    { activity: 'backUpStore', result: 'success' },
  ]);
});

test('what was deleted from the store is not in the backup', async () => {
  await using open = await openTestDatabase();
  const file = join(open.folder, 'backup.db');
  const throttle = { limitName: 'gone', windowStart: 0, taken: 0, blockedUntil: 0 };
  await open.database
    .insertInto('throttle')
    .values({ ...throttle, countedKey: 'k7Qd2mXw' })
    .execute();
  await open.database.deleteFrom('throttle').execute();
  await backUp(depsOf(open), file);
  expect(readFileSync(file).includes('k7Qd2mXw')).toBe(false);
});

test('a file that is there already is left as it is', async () => {
  await using open = await openTestDatabase();
  const file = join(open.folder, 'earlier.db');
  writeFileSync(file, 'an earlier one');
  await expect(backUp(depsOf(open), file)).rejects.toMatchObject({
    code: 'ERR_BACKUP_FAILED',
    message: `${file} is there already. Nothing was written; name a new file, or move that one away.`,
  });
  expect(readFileSync(file, 'utf8')).toBe('an earlier one');
});

test('a folder that is not there is named, and none is made', async () => {
  await using open = await openTestDatabase();
  const file = join(open.folder, 'nowhere', 'backup.db');
  await expect(backUp(depsOf(open), file)).rejects.toMatchObject({
    code: 'ERR_BACKUP_FAILED',
    message: expect.stringMatching(/^The cloud finds no folder .+nowhere\. Nothing was written; make it/),
  });
  expect(existsSync(join(open.folder, 'nowhere'))).toBe(false);
});

test('a backup that breaks off leaves no half of it behind', async () => {
  await using open = await openTestDatabase();
  const folder = join(open.folder, 'target');
  mkdirSync(folder);
  chmodSync(folder, 0o700);
  const deps = depsOf(open);
  await open.database.destroy();
  await expect(backUp(deps, join(folder, 'backup.db'))).rejects.toMatchObject({ code: 'ERR_BACKUP_FAILED' });
  expect(readdirSync(folder)).toEqual([]);
});
