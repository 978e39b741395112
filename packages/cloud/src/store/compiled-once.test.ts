import { newId } from '@homeward/protocol/id';
import { expect, test } from 'vitest';
import { compiledOnce } from './compiled-once.ts';
import { openTestDatabase } from './test-database.ts';

test('a statement is built once, and runs with the values of each call', async () => {
  await using open = await openTestDatabase();
  let built = 0;
  const insert = compiledOnce((database, values: { id: string; at: number; detail: string | null }) => {
    built++;
    return database.insertInto('audit').values({
      ...{ tenantId: 'tenant', activity: 'addUser', result: 'success', personId: null, actorId: null },
      ...{ flowId: null, requestId: null, clientAddress: null },
      ...{ id: values.id, at: values.at, detail: values.detail },
    });
  });
  const find = compiledOnce((database, { detail, since }: { detail: string; since: number }) =>
    database.selectFrom('audit').select(['at']).where('detail', '=', detail).where('at', '>=', since),
  );
  await insert(open.database, { id: newId(), at: 1, detail: 'one' });
  await open.database.transaction().execute(async (transaction) => {
    await insert(transaction, { id: newId(), at: 2, detail: 'one' });
    await insert(transaction, { id: newId(), at: 3, detail: null });
  });
  expect(built).toBe(1);
  expect((await find(open.database, { detail: 'one', since: 0 })).rows).toEqual([{ at: 1 }, { at: 2 }]);
  expect((await find(open.database, { detail: 'one', since: 2 })).rows).toEqual([{ at: 2 }]);
});
