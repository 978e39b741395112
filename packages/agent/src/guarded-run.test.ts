/** The program as a process of its own: `run` holds passwords, so what could read them out of it stops it. */
import { spawnSync } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AGENT_VERSION } from './version.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

function agent(folder: string, flags: string[], nodeOptions = '') {
  const file = join(folder, 'agent.json');
  writeFileSync(join(folder, 'account.password'), 'agent-password-1');
  const account = { userPrincipalName: 'svc-homeward@corp.example.com', passwordFile: 'account.password' };
  writeFileSync(
    file,
    JSON.stringify({ stateFolder: 'state', forests: [{ domain: 'corp.example.com', account }] }),
  );
  return spawnSync(process.execPath, ['--no-warnings', ...flags, MAIN, '--config', file, 'run'], {
    env: { ...process.env, NODE_OPTIONS: nodeOptions },
    encoding: 'utf8',
  });
}

test('it does not run beside a debugger or with heap snapshots, and says by which flag', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-guarded-'));
  const byFlag = agent(folder.path, ['--inspect=0']);
  expect(byFlag.status).toBe(2);
  expect(byFlag.stderr).toContain('--inspect: node was started with it, so passwords could be read');
  const byEnvironment = agent(folder.path, [], '--heapsnapshot-near-heap-limit=1');
  expect(byEnvironment.status).toBe(2);
  expect(byEnvironment.stderr).toContain('--heapsnapshot-near-heap-limit (from NODE_OPTIONS)');
});

test('it says its version', () => {
  const { status, stdout } = spawnSync(process.execPath, [MAIN, '--version'], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${AGENT_VERSION}\n` });
});

test('where only its start is weak it goes on, and says so in its log', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-guarded-'));
  const weak = agent(folder.path, []);
  expect(weak.stderr, 'this one was never enrolled').toContain('no enrolment');
  expect(weak.stdout).toContain('node was started without --disable-sigusr1');
  expect(agent(folder.path, ['--disable-sigusr1']).stdout).not.toContain('sigusr1');
});
