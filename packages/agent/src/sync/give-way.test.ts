import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ResetsUnderWay } from './give-way.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const countIn = ({ shared }: ResetsUnderWay) => new Int32Array(shared)[0];

test('a reset counts until a moment after its end, however it ends', async () => {
  const resets = new ResetsUnderWay();
  await resets.during(async () => expect(countIn(resets)).toBe(1));
  expect(countIn(resets)).toBe(1);
  await expect(resets.during(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  expect(countIn(resets)).toBe(2);
  vi.advanceTimersByTime(1_000);
  expect(countIn(resets)).toBe(0);
});

test('another thread sees the same count, and goes on once it is nought', async () => {
  const resets = new ResetsUnderWay();
  const seenElsewhere = new ResetsUnderWay(resets.shared);
  await resets.during(async () => expect(countIn(seenElsewhere)).toBe(1));
  vi.advanceTimersByTime(1_000);
  expect(seenElsewhere.waitForThem()).toBeUndefined();
});
