import { cpSync, mkdirSync, mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

/** The file as it is, in a checkout of its own: it writes beside itself, where the figures of a true run lie. */
async function reportIn(checkout: string): Promise<typeof import('./report.ts')> {
  mkdirSync(join(checkout, 'lab/bench'), { recursive: true });
  const copy = join(checkout, 'lab/bench/report.ts');
  cpSync(join(import.meta.dirname, 'report.ts'), copy);
  return import(copy) as Promise<typeof import('./report.ts')>;
}

test('figures are kept by their keys, with units, ratios to four digits', async () => {
  using checkout = mkdtempDisposableSync(join(tmpdir(), 'homeward-report-'));
  const { keepReport } = await reportIn(checkout.path);
  const isWithin = keepReport([
    { key: 'reset', what: 'a reset', ratio: 1.234_567, unit: '×', limit: 1.5 },
    { key: 'rate', what: 'requests', value: 812, unit: 'per second' },
    { key: 'wire', what: 'on the wire', parts: { request: 964, reply: 400 }, unit: 'bytes', limit: 1 },
  ]);
  expect(isWithin, 'parts have no limit to keep').toBe(true);
  expect(JSON.parse(readFileSync(join(checkout.path, '.bench/latest.json'), 'utf8'))).toEqual({
    reset: { ratio: 1.235, unit: '×' },
    rate: { value: 812, unit: 'per second' },
    wire: { request: 964, reply: 400, unit: 'bytes' },
  });
});

test('one figure above its limit is enough to fail; at the limit is within it', async () => {
  using checkout = mkdtempDisposableSync(join(tmpdir(), 'homeward-report-'));
  const { keepReport } = await reportIn(checkout.path);
  const at = { key: 'a', what: 'a', ratio: 1.5, unit: '×', limit: 1.5 } as const;
  expect(keepReport([at])).toBe(true);
  expect(keepReport([at, { key: 'b', what: 'b', ratio: 1.500_1, unit: '×', limit: 1.5 }])).toBe(false);
  expect(keepReport([at, { key: 'c', what: 'c', value: 11, unit: 'ms', limit: 10 }])).toBe(false);
});

test('the table says how often and how long, and which goal was missed', async () => {
  using checkout = mkdtempDisposableSync(join(tmpdir(), 'homeward-report-'));
  const { printReport } = await reportIn(checkout.path);
  const lines: string[] = [];
  const print = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  printReport(
    [{ what: 'bare write', count: 200, p50: 12.34, p95: 20 }],
    [
      { key: 'a', what: 'reset', ratio: 1.2, unit: '×', limit: 1.5 },
      { key: 'b', what: 'peers', ratio: 0.004_2, unit: '×', limit: 0.001 },
      { key: 'c', what: 'wire', parts: { request: 964, reply: 400 }, unit: 'bytes' },
    ],
  );
  print.mockRestore();
  expect(lines).toEqual([
    '\nin ms       count     p50     p95',
    'bare write    200    12.3    20.0',
    '',
    'reset       1.20 ×   (goal: at most 1.5)',
    'peers       0.0042 ×   ABOVE the goal of 0.001',
    'wire        request 964, reply 400 bytes',
  ]);
});
