import { expect, test } from 'vitest';
import { remaining } from './time-window.ts';

const now = 1_800_000_000_000;
const second = 1_000;
const minute = 60 * second;

test.each([
  { what: 'is fresh', issued: now, expires: now + 2 * minute, left: 3 * minute },
  { what: 'expired within the tolerance', issued: now - 3 * minute, expires: now - minute, left: 0 },
  {
    what: 'comes from a clock a little ahead',
    issued: now + minute,
    expires: now + 3 * minute,
    left: 4 * minute,
  },
])('a request that $what may be carried out', ({ issued, expires, left }) => {
  expect(remaining({ issued, expires }, now, 0)).toBe(left);
});

test.each([
  { what: 'expired', issued: now - 3 * minute, expires: now - minute - 1 },
  { what: 'comes from the future', issued: now + minute + 1, expires: now + 3 * minute },
  { what: 'lives for longer than five minutes', issued: now, expires: now + 5 * minute + 1 },
  { what: 'ends before it begins', issued: now, expires: now - 1 },
  { what: 'names no readable time', issued: Number.NaN, expires: Number.NaN },
])('a request that $what is refused', ({ issued, expires }) => {
  expect(remaining({ issued, expires }, now, 0)).toBeUndefined();
});

test('a clock that was set back does not revive an old request', () => {
  const request = { issued: now, expires: now + 2 * minute };
  expect(remaining(request, now, now + 10 * minute)).toBeUndefined();
});
