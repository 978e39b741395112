import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openJournal } from '../writeback/journal.ts';
import { memoryCheck } from './memory-checks.ts';
import { type MemoryFacts, memoryFacts } from './memory-facts.ts';

const OFF = 'Max core file size        0                    unlimited            bytes';
const SAFE: MemoryFacts = {
  started: { execArgv: ['--disable-sigusr1'], nodeOptions: undefined },
  limits: OFF,
};

async function found(changes: Partial<MemoryFacts>) {
  const findings = [await memoryCheck(() => ({ ...SAFE, ...changes })).run(() => {})].flat();
  return findings.map(({ title, status, finding, mend = '' }) =>
    `${title} ${status}: ${finding} ${mend}`.trim(),
  );
}

test('an agent without core dumps and debugger passes', async () => {
  expect(await found({})).toEqual([
    'Core dumps PASS: Off for an agent that is started from here.',
    'Debugger PASS: SIGUSR1 opens none in an agent that is started from here.',
  ]);
});

test('core dumps that are on are a warning in words, of the agent that runs', async () => {
  const limits = OFF.replace(/0 {9}/, 'unlimited ');
  expect((await found({ pid: 4_711, limits }))[0]).toBe(
    'Core dumps WARN: On for the running agent (process 4711) (limit: unlimited); one would hold passwords and keys. Set LimitCORE=0 in its service, as packaging/systemd does, or run "ulimit -c 0" before it starts.',
  );
  expect((await found({ limits: undefined }))[0]).toMatch(/^Core dumps SKIP/);
});

test('a debugger by signal is a warning, and one that is open fails', async () => {
  expect((await found({ started: { execArgv: [], nodeOptions: undefined } }))[1]).toMatch(
    /^Debugger WARN: SIGUSR1 would open one .* Start node with --disable-sigusr1/,
  );
  expect((await found({ started: { execArgv: [], nodeOptions: '--inspect' } }))[1]).toMatch(
    /^Debugger FAIL: --inspect \(from NODE_OPTIONS\): set for an agent/,
  );
});

test('the process that holds the journal is the one that is looked at', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-memory-'));
  const own = { execArgv: ['--own'], nodeOptions: undefined };
  expect(memoryFacts(folder.path, own)).toMatchObject({ started: own });
  const journal = openJournal(folder.path, Date.now);
  const { pid, limits, started } = memoryFacts(folder.path, own);
  journal.close();
  expect(pid).toBe(process.pid);
  expect(limits).toMatch(/^Max core file size/m);
  expect(started.execArgv).not.toContain('--own');
  expect(memoryFacts(folder.path, own).pid).toBeUndefined();
});
