import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from './limits.ts';
import type { ThrottleStore } from './throttle-store.ts';

const { max, within, block } = DEFAULT_LIMITS.codesAsked;

/** What every store of limits does. It is opened with the default limits. */
export function throttleStoreContract(
  open: () => Promise<AsyncDisposable & { throttle: ThrottleStore }>,
): void {
  const takeAll = async (throttle: ThrottleStore, key: string, now: number) => {
    for (let count = 0; count < max; count++) {
      expect(await throttle.take('codesAsked', key, now)).toBeUndefined();
    }
  };

  test('allows so many within the window, then blocks for the whole time', async () => {
    await using store = await open();
    const { throttle } = store;
    await takeAll(throttle, 'key', 1_000);
    expect(await throttle.blockedUntil('codesAsked', 'key', 1_000)).toBeUndefined();
    const until = 2_000 + block;
    expect(await throttle.take('codesAsked', 'key', 2_000)).toBe(until);
    expect(await throttle.take('codesAsked', 'key', until - 1)).toBe(until);
    expect(await throttle.blockedUntil('codesAsked', 'key', until - 1)).toBe(until);
    expect(await throttle.blockedUntil('codesAsked', 'key', until)).toBeUndefined();
    await takeAll(throttle, 'key', until);
    expect(await throttle.take('codesAsked', 'key', until)).toBe(until + block);
  });

  test('begins to count anew when the window is over', async () => {
    await using store = await open();
    const { throttle } = store;
    await takeAll(throttle, 'key', 0);
    await takeAll(throttle, 'key', within);
  });

  test('keeps keys and limits apart', async () => {
    await using store = await open();
    const { throttle } = store;
    await takeAll(throttle, 'key', 0);
    expect(await throttle.take('codesAsked', 'another', 0)).toBeUndefined();
    expect(await throttle.take('wrongCodes', 'key', 0)).toBeUndefined();
    expect(await throttle.take('codesAsked', 'key', 0)).toBe(block);
  });

  test('counts everyone who comes at once', async () => {
    await using store = await open();
    const answers = await Promise.all(
      Array.from({ length: max + 5 }, () => store.throttle.take('codesAsked', 'key', 0)),
    );
    expect(answers.filter((until) => until === undefined)).toHaveLength(max);
  });

  test('forgets the keys that are cleared, and no others', async () => {
    await using store = await open();
    const { throttle } = store;
    for (const key of ['a', 'b']) {
      await takeAll(throttle, key, 0);
      await throttle.take('codesAsked', key, 0);
    }
    await throttle.clear(['a', 'unknown']);
    expect(await throttle.blockedUntil('codesAsked', 'a', 0)).toBeUndefined();
    expect(await throttle.blockedUntil('codesAsked', 'b', 0)).toBe(block);
  });

  test('cleaning takes away nothing that still counts', async () => {
    await using store = await open();
    const { throttle } = store;
    await takeAll(throttle, 'key', 0);
    await throttle.take('codesAsked', 'key', 0);
    await throttle.purge(block - 1);
    expect(await throttle.blockedUntil('codesAsked', 'key', block - 1)).toBe(block);
    await throttle.purge(block);
    expect(await throttle.take('codesAsked', 'key', block)).toBeUndefined();
  });
}
