import { expect, test } from 'vitest';
import { median, quantile } from './statistics.ts';

test('the median of an even count lies between the middle two', () => {
  expect(median([40, 10, 20, 30])).toBe(25);
  expect(median([3, 1, 2])).toBe(2);
});

test('quantiles run from the least to the greatest', () => {
  expect([0, 0.25, 0.99, 1].map((q) => quantile([0, 100, 50], q))).toEqual([0, 25, 99, 100]);
  expect(() => median([])).toThrow(RangeError);
});
