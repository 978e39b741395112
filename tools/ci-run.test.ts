import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward ci-run '));
  cpSync(join(import.meta.dirname, '../.ci'), join(folder, '.ci'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The real script, where `make test` is these shell commands. */
function runCi(commands: string): { status: number | null; lastLine: string | undefined } {
  writeFileSync(join(folder, 'Makefile'), `test:\n\t@${commands}\n`);
  const { status, stdout } = spawnSync(join(folder, '.ci/run'), {
    cwd: '/',
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  return { status, lastLine: stdout.trimEnd().split('\n').at(-1) };
}

test('a run that passes ends with its tally', () => {
  expect(runCi("echo '12 passed, 0 failed'")).toEqual({ status: 0, lastLine: '12 passed, 0 failed' });
});

test('a run that fails ends with its tally too, after what make says about it', () => {
  const { status, lastLine } = runCi("echo '11 passed, 1 failed'; exit 1");
  expect(status).not.toBe(0);
  expect(lastLine).toBe('11 passed, 1 failed');
});

test('a run that never came to a test counts as one failure', () => {
  const { status, lastLine } = runCi("echo 'no network' >&2; exit 1");
  expect(status).not.toBe(0);
  expect(lastLine).toBe('0 passed, 1 failed');
});

test('a run that says it passed without a tally fails', () => {
  expect(runCi("echo 'all is well'")).toEqual({ status: 1, lastLine: '0 passed, 1 failed' });
});
