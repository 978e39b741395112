import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { schedule } from './sync-schedule.ts';

const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

beforeEach(() => {
  vi.useFakeTimers();
  log.warn.mockClear();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a cycle runs at once and again after its pause, one at a time', async () => {
  const ends: (() => void)[] = [];
  const cycle = vi.fn(() => new Promise<void>((end) => ends.push(end)));
  const running = schedule(cycle, 30_000, log);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(cycle).toHaveBeenCalledTimes(1);
  ends.shift()?.();
  await vi.advanceTimersByTimeAsync(29_999);
  expect(cycle).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(cycle).toHaveBeenCalledTimes(2);
  ends.shift()?.();
  await running.stop();
});

test('a cycle that fails is told and does not end the schedule', async () => {
  const cycle = vi.fn().mockRejectedValueOnce(new Error('directory away')).mockResolvedValue(undefined);
  const running = schedule(cycle, 1_000, log);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(log.warn).toHaveBeenCalledTimes(1);
  expect(cycle).toHaveBeenCalledTimes(2);
  await running.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(cycle).toHaveBeenCalledTimes(2);
});

test('a run that is asked for follows the one under way', async () => {
  const cycle = vi.fn().mockResolvedValue(undefined);
  const running = schedule(cycle, 60_000, log);
  await running.runNow();
  expect(cycle).toHaveBeenCalledTimes(2);
  await running.stop();
});
