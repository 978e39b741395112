import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openBreaker } from './write-breaker.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('write' as const), forest: fc.constantFrom('a', 'b') }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 500, 20_000, MINUTE, HOUR / 3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const) }) },
);

test('a forest takes as many writes in any window as the limits say, and one more opens its breaker until it is closed', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 6 }),
      (steps, writesPerMinute, more) => {
        using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-breaker-'));
        const limits = { writesPerMinute, writesPerHour: writesPerMinute + more };
        const written: Record<string, number[]> = { a: [], b: [] };
        const open = new Set<string>();
        let now = 1_700_000_000_000;
        let breaker = openBreaker(folder.path, limits);
        try {
          for (const each of steps) {
            if (each.kind === 'wait') now += each.ms;
            if (each.kind === 'restart') {
              breaker.close();
              breaker = openBreaker(folder.path, limits);
            }
            if (each.kind === 'close') {
              breaker.closeBreakers();
              for (const forest of open) written[forest] = [];
              open.clear();
            }
            if (each.kind !== 'write') continue;
            const { forest } = each;
            const times = written[forest] ?? [];
            const within = (window: number) => times.filter((at) => at > now - window).length;
            const isFull = within(MINUTE) >= limits.writesPerMinute || within(HOUR) >= limits.writesPerHour;
            const refused = breaker.countWrite(forest, now);
            expect(refused?.rule).toBe(open.has(forest) ? 'breaker' : isFull ? 'rate' : undefined);
            if (refused === undefined) times.push(now);
            else open.add(forest);
            expect(
              breaker
                .openOnes()
                .map((one) => one.forest)
                .toSorted(),
            ).toEqual([...open].toSorted());
          }
        } finally {
          breaker.close();
        }
      },
    ),
    { numRuns: 60 },
  );
});
