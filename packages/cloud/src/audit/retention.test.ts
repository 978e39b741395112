import { newId } from '@homeward/protocol/id';
import { expect, test } from 'vitest';
import { startTestCloud } from '../testing/test-cloud.ts';
import { auditLog } from './audit-log.ts';

const DAY = 86_400_000;

test('what is older than auditDays is deleted, and nothing else', async () => {
  await using cloud = await startTestCloud({ config: { auditDays: 30 } });
  const { tenantId, clock } = cloud;
  const start = clock.now;
  const write = (at: number) =>
    auditLog(cloud.database).append({
      tenantId,
      at,
      activity: 'addUser',
      result: 'success',
      personId: newId(),
    });
  const times = async () => {
    const rows = await cloud.database
      .selectFrom('audit')
      .select('at')
      .where('activity', '=', 'addUser')
      .where('at', '>=', start)
      .orderBy('at')
      .execute();
    return rows.map(({ at }) => at - start);
  };
  for (const at of [1, 2, DAY, 2 * DAY]) await write(start + at);
  clock.now = start + 30 * DAY;
  await cloud.restart();
  await cloud.stopBackground();
  expect(await times()).toEqual([1, 2, DAY, 2 * DAY]);
  clock.now = start + 31 * DAY;
  await cloud.restart();
  await cloud.stopBackground();
  expect(await times()).toEqual([DAY, 2 * DAY]);
});

test('a cleaning deletes so many entries at most, the oldest first, and those of the tenant alone', async () => {
  await using cloud = await startTestCloud({ background: false });
  const { tenantId, database } = cloud;
  const audit = auditLog(database);
  const other = newId();
  const entry = { activity: 'addUser', result: 'success' } as const;
  for (const at of [3, 1, 2]) await audit.append({ ...entry, tenantId, at });
  await audit.append({ ...entry, tenantId: other, at: 1 });
  const left = async () => {
    const rows = await database
      .selectFrom('audit')
      .select(['at', 'tenantId'])
      .where('at', '<', 9)
      .orderBy('at')
      .execute();
    return rows.map((row) => (row.tenantId === other ? 'other' : row.at));
  };
  expect(await audit.purge(tenantId, 9, 2)).toBe(2);
  expect((await left()).toSorted()).toEqual([3, 'other']);
  expect(await audit.purge(tenantId, 3, 2)).toBe(0);
  expect(await audit.purge(tenantId, 4, 2)).toBe(1);
  expect(await left()).toEqual(['other']);
});
