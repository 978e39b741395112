import { expect, test } from 'vitest';
import { ProtocolError } from './errors.ts';
import {
  type AgentReport,
  decodeReport,
  encodeReport,
  encodeReports,
  type ForestState,
  MOST_FORESTS,
  MOST_PARTS,
  REPORT_SIZE,
} from './report.ts';

/** With the longest of everything that an agent may say of itself. */
const withForests = (count: number): AgentReport => ({
  version: '1'.repeat(64),
  session: Number.MAX_SAFE_INTEGER,
  instance: '0'.repeat(36),
  clock: 1_800_000_000_000,
  generation: 4_294_967_295,
  forests: Object.fromEntries(
    Array.from({ length: count }, (_, index): [string, ForestState] => [
      `S-1-5-21-4294967295-4294967295-${4_294_967_295 - index}`,
      'accountRefused',
    ]),
  ),
  counts: { served: 1e15, applied: 1e15, unsettled: 1e15, people: 1e15 },
  breakerOpen: false,
});

test('what fits goes as one report, as ever', () => {
  const small = withForests(5);
  expect(encodeReports(small)).toEqual([encodeReport(small)]);
  expect(decodeReport(encodeReport(small)).part).toBeUndefined();
});

test.each([20, 200, MOST_FORESTS])(
  '%i forests are told in parts of one size, none of them twice',
  (count) => {
    const whole = withForests(count);
    const bodies = encodeReports(whole);
    expect(bodies.length).toBeGreaterThan(1);
    expect(bodies.length).toBeLessThanOrEqual(MOST_PARTS);
    expect(bodies.every(({ length }) => length === REPORT_SIZE)).toBe(true);
    const parts = bodies.map(decodeReport);
    expect(parts.map(({ part }) => part)).toEqual(
      parts.map((_, index) => ({ number: index + 1, of: parts.length })),
    );
    expect(parts.flatMap(({ forests }) => Object.entries(forests))).toEqual(Object.entries(whole.forests));
    const { forests: _, ...rest } = whole;
    for (const part of parts) expect(part).toMatchObject(rest);
  },
);

test('one forest more than there may be is refused with the number', () => {
  expect(() => encodeReports(withForests(MOST_FORESTS + 1))).toThrow(
    `a report has at most ${MOST_FORESTS} forests`,
  );
});

test.each([
  null,
  'first',
  {},
  { number: 0, of: 2 },
  { number: 3, of: 2 },
  { number: 1, of: MOST_PARTS + 1 },
  { number: 1.5, of: 2 },
])('a part that says %j of itself is refused', (part) => {
  const body = encodeReport({ ...withForests(1), part: part as never });
  expect(() => decodeReport(body)).toThrow(ProtocolError);
});
