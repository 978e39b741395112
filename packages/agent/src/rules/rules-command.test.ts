import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeTerminal } from '../permissions/directory.fixture.ts';
import { checkRules } from './rules-command.ts';
import { rulesPlaceOf } from './rules-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-rules-check-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(name: string, content: object | string): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function check(config: object, options: { draft?: string; json?: boolean } = {}) {
  const forests = [{ domain: 'corp.example.com', account: { passwordFile: 'is-not-there' } }];
  const place = rulesPlaceOf(put('agent.json', { stateFolder: 'state', forests, ...config }));
  const terminal = fakeTerminal();
  const exit = checkRules(place, options, { terminal, command: 'homeward-agent' });
  return { exit, text: terminal.text(), flat: terminal.text().replaceAll(/\s+/g, ' ') };
}

test('the rules are said in words, without reading anything else of the agent’s', () => {
  put('rules.json', {
    scope: {
      include: ['OU=Staff,DC=corp,DC=example,DC=com'],
      excludeGroups: ['CN=Payroll,DC=corp,DC=example,DC=com', 'S-1-5-21-1-2-3-1601'],
    },
    protectedAccounts: ['ceo@corp.example.com'],
    operations: ['reset', 'unlock'],
    writesPerMinute: 5,
  });
  const { exit, text, flat } = check({ rulesFile: 'rules.json' });
  expect(exit).toBe(0);
  expect(flat).toContain('Serves only people at or below OU=Staff,DC=corp,DC=example,DC=com');
  expect(flat).toContain('Leaves out nobody by their place members, nested ones too, of CN=Payroll,DC=corp');
  expect(flat).toContain('of S-1-5-21-1-2-3-1601');
  expect(flat).toContain('Never writes the account ceo@corp.example.com');
  expect(flat).toContain('Carries out reset, unlock Refuses change, adminReset, verify');
  expect(flat).toContain('at most 5 a minute and 600 an hour');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('without a file the defaults are said to be that', () => {
  const { exit, flat } = check({});
  expect(exit).toBe(0);
  expect(flat).toContain('these are the defaults Serves everybody');
});

test('every problem is told by its path, and the exit code says that there are any', () => {
  put('rules.json', { scope: { include: ['Sales'] }, writesPerMinute: 0, operation: [] });
  const { exit, flat } = check({ rulesFile: 'rules.json' });
  expect(exit).toBe(1);
  for (const part of [
    'scope.include[0]: must be',
    'writesPerMinute:',
    'operation: is not a known setting',
    'keeps the rules',
  ])
    expect(flat).toContain(part);
  const { problems, ...told } = JSON.parse(check({ rulesFile: 'rules.json' }, { json: true }).text) as {
    problems: string[];
  };
  expect(told).toEqual({ file: join(folder, 'rules.json'), isValid: false });
  expect(problems).toHaveLength(3);
});

test('a draft is checked before it is put in its place', () => {
  put('rules.json', {});
  const draft = put('draft.json', { scope: { exclude: ['OU=Board,DC=elsewhere,DC=example'] } });
  const { exit, flat } = check({ rulesFile: 'rules.json' }, { draft });
  expect(exit).toBe(1);
  expect(flat).toContain('is in none of the forests of this agent');
  expect(flat).toContain('nothing has changed');
  expect(check({ rulesFile: 'rules.json' }, { draft: join(folder, 'none.json') }).flat).toContain(
    'it does not exist',
  );
});

test('a configuration that does not say where the rules are is told to have problems', () => {
  expect(() => rulesPlaceOf(put('agent.json', { forests: [] }))).toThrow(/stateFolder: [^\n]*\n.*forests/);
  expect(() => rulesPlaceOf(put('agent.json', '{'))).toThrow('is no JSON');
  expect(() => rulesPlaceOf(join(folder, 'none.json'))).toThrow('it does not exist');
});
