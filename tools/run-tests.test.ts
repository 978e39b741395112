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

test('a run in which all is well is counted as it went', () => {
  expect(tallyOf({ 'a.test.ts': PASSES, 'b.test.ts': PASSES })).toBe('2 passed, 0 failed');
});

test('a test that fails, a file that cannot be loaded, a skipped test and a todo each count as failed', () => {
  const files = {
    'a.test.ts': PASSES,
    'fails.test.ts': "test('b', () => { expect(1).toBe(2); });",
    'unloadable.test.ts': "import './not-there.ts';",
    'left-out.test.ts': "test.skip('c', () => {}); test.todo('d');",
  };
  expect(tallyOf(files)).toBe('1 passed, 4 failed');
});

test('a failure outside of any test fails the run', () => {
  const late =
    "test('a', () => { setTimeout(() => { throw new Error('late'); }, 0); return new Promise((done) => setTimeout(done, 50)); });";
  expect(tallyOf({ 'a.test.ts': late })).toBe('1 passed, 1 failed');
});
