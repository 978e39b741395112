import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findPatterns } from './find-patterns.ts';

test('finds what a search for each of them finds, wherever it lies', () => {
  // few different bytes, so that patterns overlap, repeat and nearly match
  const text = (minLength: number, maxLength: number) =>
    fc.uint8Array({ minLength, maxLength, max: 2 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(text(0, 60), fc.array(text(3, 6), { maxLength: 8 }), (bytes, patterns) => {
      const expected = patterns.flatMap((pattern, index) => (bytes.includes(pattern) ? [index] : []));
      expect([...findPatterns(bytes, patterns)].toSorted()).toEqual(expected);
    }),
  );
});

test('at the very beginning and the very end, too', () => {
  const bytes = randomBytes(10_000);
  const patterns = [bytes.subarray(0, 8), bytes.subarray(-8), bytes.subarray(4_000, 4_003), randomBytes(16)];
  expect(findPatterns(bytes, patterns)).toEqual(new Set([0, 1, 2]));
  expect(() => findPatterns(bytes, [Buffer.from('ab')])).toThrow(RangeError);
});
