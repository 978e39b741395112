/** `preflight` as a process: what reads the configuration is in front of all checks, and must not stop them. */
import { spawnSync } from 'node:child_process';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { CheckResult } from './check.ts';

const MAIN = join(import.meta.dirname, '../main.ts');
// Up to two processes that begin with reading all of the agent, on a machine that does much else.
vi.setConfig({ testTimeout: 120_000 });

/** On a machine with rules and a forest whose only controller is not there. */
function preflight(rules: string | undefined, ...flags: string[]) {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-preflight-'));
  const inFolder = (name: string) => join(folder.path, name);
  writeFileSync(inFolder('account.password'), 'agent-password-1');
  if (rules !== undefined) writeFileSync(inFolder('rules.json'), rules);
  const account = { userPrincipalName: 'svc-homeward@corp.example.com', passwordFile: 'account.password' };
  const controllers = ['dc1.corp.example.com'];
  const forest = { domain: 'corp.example.com', account, controllers, dnsServers: ['127.0.0.1'] };
  const forests = [{ ...forest, addresses: { 'dc1.corp.example.com': '127.0.0.1:9' } }];
  const config = { stateFolder: 'state', forests, rulesFile: 'rules.json' };
  writeFileSync(inFolder('agent.json'), JSON.stringify(config));
  const order = ['--no-warnings', MAIN, '--config', inFolder('agent.json'), 'preflight', ...flags];
  const { status, stdout, stderr } = spawnSync(process.execPath, order, { encoding: 'utf8' });
  return { status, stdout, stderr, rulesFile: inFolder('rules.json') };
}

function checksOf(rules: string | undefined) {
  const { status, stdout, stderr, rulesFile } = preflight(rules, '--json');
  expect(stderr).toBe('');
  const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
  return { status, checks, rulesFile, found: checks.filter(({ id }) => id === 'rules') };
}

test('every problem of the rules is a finding by its path, and all else is tried', () => {
  const rules = { scope: { exclude: ['OU=Boards,DC=other,DC=example,DC=com'] }, protectedAccounts: ['?'] };
  const broken = { ...rules, writesPerMinute: 700, operations: ['erase'], writesPerHour: 600 };
  const { status, checks, found, rulesFile } = checksOf(JSON.stringify(broken));
  expect(status).toBe(1);
  expect(found.map(({ finding }) => finding.split(':')[0])).toEqual([
    'protectedAccounts[0]',
    'operations[0]',
    'writesPerHour',
    'scope.exclude[0]',
  ]);
  expect(found.every((one) => one.status === 'FAIL')).toBe(true);
  expect(found.at(-1)).toMatchObject({
    mend: expect.stringContaining(`Mend ${rulesFile}`),
    run: expect.stringMatching(/rules check$/),
  });
  const tried = new Set(checks.map(({ id }) => id));
  for (const id of ['node', 'state', 'dns', 'tls', 'bind', 'rights']) expect(tried).toContain(id);
});

test('rules that are no JSON, or not there, are a finding as well', () => {
  expect(checksOf('{').found).toMatchObject([{ status: 'FAIL' }]);
  const { found, rulesFile } = checksOf(undefined);
  expect(found).toMatchObject([{ status: 'FAIL', finding: `${rulesFile} does not exist` }]);
});

test('rules that can be used pass, and are named', () => {
  const { found, rulesFile } = checksOf('{}');
  expect(found).toMatchObject([{ status: 'PASS', finding: `${rulesFile}.` }]);
});

test('in words, the problems come before what was tried after them', () => {
  const { stdout, stderr } = preflight('{"writesPerHour":0}');
  expect(stderr).toBe('');
  expect(stdout).toMatch(/FAIL {2}Rules file +writesPerHour/);
  expect(stdout).toContain('Forest corp.example.com');
});
