import { newId } from '@homeward/protocol/id';
import { expect, test } from 'vitest';
import type { NewFlow, ResetFlowStore } from './flow-store.ts';

export function newFlow(): NewFlow {
  return {
    id: newId(),
    tenantId: newId(),
    cookieHash: newId(),
    identifierKey: 'identifier',
    typed: 'sealed',
    clientAddress: '192.0.2.1',
    startedAt: 1_000,
    expiresAt: 2_000,
  };
}

const settled = (state: 'choosing' | 'done' | 'failed') =>
  ({ state, outcome: { kind: 'applied' }, requestId: 'request', at: 1_500 }) as const;

/** What every store of reset flows does. */
export function resetFlowStoreContract(
  open: () => Promise<AsyncDisposable & { flows: ResetFlowStore }>,
): void {
  const choosing = async (flows: ResetFlowStore) => {
    const flow = newFlow();
    await flows.insert(flow);
    expect(await flows.prove(flow.id, 'person')).toBe(true);
    return flow;
  };

  test('a flow is found by its id and by the hash of its cookie', async () => {
    await using store = await open();
    const flow = newFlow();
    await store.flows.insert(flow);
    const found = await store.flows.byCookie(flow.cookieHash);
    expect(found).toMatchObject({ ...flow, state: 'proving', attempt: 0, notice: null, outcome: null });
    expect(await store.flows.byId(flow.id)).toEqual(found);
    expect(await store.flows.byCookie('another')).toBeUndefined();
  });

  test('is proven once, and forgets what was typed', async () => {
    await using store = await open();
    const flow = await choosing(store.flows);
    expect(await store.flows.prove(flow.id, 'another person')).toBe(false);
    expect(await store.flows.byId(flow.id)).toMatchObject({
      state: 'choosing',
      personId: 'person',
      typed: null,
    });
  });

  test('of many orders at once one wins', async () => {
    await using store = await open();
    const flow = await choosing(store.flows);
    const won = await Promise.all(Array.from({ length: 8 }, () => store.flows.order(flow.id, 0, 1_100)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await store.flows.byId(flow.id)).toMatchObject({ state: 'ordered', attempt: 1, orderedAt: 1_100 });
  });

  test('is settled once, for the attempt that is under way', async () => {
    await using store = await open();
    const { flows } = store;
    const flow = await choosing(flows);
    await flows.order(flow.id, 0, 1_100);
    expect(await flows.settle(flow.id, 2, settled('done'))).toBe(false);
    expect(await flows.settle(flow.id, 1, settled('choosing'))).toBe(true);
    expect(await flows.settle(flow.id, 1, settled('failed'))).toBe(false);
    expect(await flows.byId(flow.id)).toMatchObject({
      state: 'choosing',
      outcome: { kind: 'applied' },
      notice: { kind: 'outcome' },
      settledAt: 1_500,
    });
  });

  test('a further attempt remembers the request of the former, and has none of its own yet', async () => {
    await using store = await open();
    const { flows } = store;
    const flow = await choosing(flows);
    await flows.order(flow.id, 0, 1_100);
    await flows.settle(flow.id, 1, settled('choosing'));
    expect(await flows.order(flow.id, 0, 1_550)).toBe(false);
    await flows.order(flow.id, 1, 1_600);
    expect(await flows.byId(flow.id)).toMatchObject({
      attempt: 2,
      requestId: null,
      formerRequestId: 'request',
      outcome: null,
      notice: null,
    });
    await flows.nameRequest(flow.id, 1, 'late');
    await flows.nameRequest(flow.id, 2, 'second');
    expect(await flows.byId(flow.id)).toMatchObject({ requestId: 'second' });
  });

  test('a notice is left only in the state that it is about', async () => {
    await using store = await open();
    const flow = await choosing(store.flows);
    expect(await store.flows.notice(flow.id, 'proving', { kind: 'codeEmpty' })).toBe(false);
    const notice = { kind: 'password', problem: 'mismatch' } as const;
    expect(await store.flows.notice(flow.id, 'choosing', notice)).toBe(true);
    expect((await store.flows.byId(flow.id))?.notice).toEqual(notice);
  });

  test('what is ordered and unsettled is listed, oldest first, and never cleaned away', async () => {
    await using store = await open();
    const { flows } = store;
    const [late, early, idle] = [await choosing(flows), await choosing(flows), await choosing(flows)];
    await flows.order(late.id, 0, 1_300);
    await flows.order(early.id, 0, 1_200);
    expect((await flows.unsettled(1_300, 10)).map(({ id }) => id)).toEqual([early.id]);
    expect((await flows.unsettled(1_301, 10)).map(({ id }) => id)).toEqual([early.id, late.id]);
    expect(await flows.unsettled(1_301, 1)).toHaveLength(1);
    await flows.purge(1_001);
    expect(await flows.byId(idle.id)).toBeUndefined();
    expect(await flows.byId(late.id)).toBeDefined();
  });
}
