import { expect, test } from 'vitest';
import { CODE_TRIES, type EmailCodeStore } from './code-store.ts';

const times = { wantedAt: 100, expiresAt: 400 };
const issued = { codeHmac: 'aa', accountKey: 'account', personId: 'person', expiresAt: 500 };

/** What every store of e-mail codes does. `newFlowId` makes a flow that codes may belong to. */
export function emailCodeStoreContract(
  open: () => Promise<AsyncDisposable & { codes: EmailCodeStore; newFlowId(): Promise<string> }>,
): void {
  test('a wanted code goes to one taker', async () => {
    await using store = await open();
    const flowId = await store.newFlowId();
    await store.codes.want(flowId, 1, times);
    const taken = await Promise.all([store.codes.claim(110, 10), store.codes.claim(110, 10)]);
    expect(taken.flat()).toMatchObject([{ flowId, state: 'sending', round: 1, triesLeft: CODE_TRIES }]);
  });

  test('the oldest are taken first, and not more than asked for', async () => {
    await using store = await open();
    const [first, second] = [await store.newFlowId(), await store.newFlowId()];
    await store.codes.want(second, 1, { ...times, wantedAt: 200 });
    await store.codes.want(first, 1, times);
    expect((await store.codes.claim(210, 1)).map(({ flowId }) => flowId)).toEqual([first]);
    expect((await store.codes.claim(210, 1)).map(({ flowId }) => flowId)).toEqual([second]);
  });

  test('what was taken and never sent can be taken again', async () => {
    await using store = await open();
    const [crashed, sent] = [await store.newFlowId(), await store.newFlowId()];
    for (const flowId of [crashed, sent]) await store.codes.want(flowId, 1, times);
    await store.codes.claim(110, 10);
    await store.codes.markSent(sent, 1);
    await store.codes.reclaim(110);
    expect(await store.codes.claim(120, 10)).toEqual([]);
    await store.codes.reclaim(111);
    expect((await store.codes.claim(120, 10)).map(({ flowId }) => flowId)).toEqual([crashed]);
  });

  test('tries are used up one by one, also by many at once, and not after the end', async () => {
    await using store = await open();
    const flowId = await store.newFlowId();
    await store.codes.want(flowId, 1, times);
    await store.codes.issue({ flowId, round: 1, ...issued });
    expect(await store.codes.takeTry(flowId, 500)).toBeUndefined();
    const tries = await Promise.all(
      Array.from({ length: CODE_TRIES + 3 }, () => store.codes.takeTry(flowId, 499)),
    );
    const left = tries.filter((tried) => tried !== undefined).map(({ triesLeft }) => triesLeft);
    expect(left.toSorted()).toEqual([0, 1, 2, 3, 4]);
    expect(tries[0]).toMatchObject(issued);
  });

  test('a newer code makes the former void, and what is still being sent for it changes nothing', async () => {
    await using store = await open();
    const flowId = await store.newFlowId();
    await store.codes.want(flowId, 1, times);
    await store.codes.issue({ flowId, round: 1, ...issued });
    await store.codes.takeTry(flowId, 100);
    await store.codes.want(flowId, 2, { wantedAt: 300, expiresAt: 600 });
    expect(await store.codes.byFlow(flowId)).toMatchObject({
      round: 2,
      state: 'wanted',
      codeHmac: null,
      personId: null,
      triesLeft: CODE_TRIES,
    });
    await store.codes.issue({ flowId, round: 1, ...issued });
    await store.codes.markSent(flowId, 1);
    expect(await store.codes.byFlow(flowId)).toMatchObject({ state: 'wanted', codeHmac: null });
  });

  test('a removed code is gone', async () => {
    await using store = await open();
    const flowId = await store.newFlowId();
    await store.codes.want(flowId, 1, times);
    await store.codes.remove(flowId);
    expect(await store.codes.byFlow(flowId)).toBeUndefined();
  });
}
