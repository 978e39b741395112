import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tallyLine, tallyRun } from './test-report.ts';

const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-run-tests-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What is tallied for a run of the real vitest over these files. */
function tallyOf(files: Record<string, string>): string {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const report = join(folder, 'report.json');
  const { status } = spawnSync(
    process.execPath,
    [vitest, 'run', '--root', folder, '--globals', '--reporter=json', `--outputFile=${report}`],
    // Vitest tells its children that they run inside it; this one does not.
    { env: { PATH: process.env['PATH'] }, encoding: 'utf8' },
  );
  return tallyLine(tallyRun(readFileSync(report, 'utf8'), status));
}

const PASSES = "test('a', () => { expect(1).toBe(1); });";

test('the report that vitest writes is counted as it went', () => {
  expect(tallyOf({ 'a.test.ts': PASSES, 'b.test.ts': PASSES })).toBe('2 passed, 0 failed');
  expect(tallyOf({ 'c.test.ts': "test('c', () => { expect(1).toBe(2); });" })).toBe('2 passed, 1 failed');
  expect(tallyOf({ 'd.test.ts': "import './not-there.ts';" })).toBe('2 passed, 2 failed');
  expect(tallyOf({ 'e.test.ts': "test.skip('e', () => {}); test.todo('f');" })).toBe('2 passed, 4 failed');
});

test('a failure outside of any test fails the run', () => {
  const late =
    "test('a', () => { setTimeout(() => { throw new Error('late'); }, 0); return new Promise((done) => setTimeout(done, 50)); });";
  expect(tallyOf({ 'a.test.ts': late })).toBe('1 passed, 1 failed');
});
