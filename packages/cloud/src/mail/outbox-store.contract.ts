import { expect, test } from 'vitest';
import type { OutboxStore } from './outbox-store.ts';

const mail = { tenantId: 'tenant', personId: 'person', kind: 'passwordReset', flowId: 'flow' } as const;

/** What every outbox does. */
export function outboxStoreContract(open: () => Promise<AsyncDisposable & { outbox: OutboxStore }>): void {
  test('a mail is due at once, later when it was postponed, and never when it was taken', async () => {
    await using store = await open();
    const { outbox } = store;
    await outbox.add({ ...mail, happenedAt: 100 });
    expect(await outbox.due(99, 10)).toEqual([]);
    const [due] = await outbox.due(100, 10);
    expect(due).toMatchObject({ ...mail, happenedAt: 100, attempts: 0 });
    await outbox.postpone(due?.id ?? '', 200);
    expect(await outbox.due(199, 10)).toEqual([]);
    expect(await outbox.due(200, 10)).toMatchObject([{ id: due?.id, attempts: 1 }]);
    await outbox.remove(due?.id ?? '');
    expect(await outbox.due(200, 10)).toEqual([]);
  });

  test('what tells of changed addresses waits behind the rest: a company that renames itself has many', async () => {
    await using store = await open();
    const { outbox } = store;
    const changed = { ...mail, kind: 'addressChanged', toAddress: 'carla@example.com' } as const;
    await outbox.add({ ...changed, happenedAt: 100 });
    await outbox.add({ ...mail, happenedAt: 200 });
    expect(await outbox.due(300, 10)).toMatchObject([{ ...mail, toAddress: null }, changed]);
  });
}
