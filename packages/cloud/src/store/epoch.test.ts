import { expect, test } from 'vitest';
import { openTenant } from '../tenant/tenant-store.ts';
import { beginEpoch, readEpoch } from './epoch.ts';
import { openTestDatabase } from './test-database.ts';

test('a store has no epoch until it is restored, and another one after each restore', async () => {
  await using open = await openTestDatabase();
  expect(await readEpoch(open.database)).toBeUndefined();
  await openTenant(open.database, open.secrets, 'Example Corporation', 0);
  expect(await readEpoch(open.database)).toBeUndefined();
  await beginEpoch(open.database);
  const first = await readEpoch(open.database);
  expect(first).toMatch(/^[\w-]{22}$/);
  await beginEpoch(open.database);
  expect(await readEpoch(open.database)).not.toBe(first);
});
