import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConfig, readConfigAndRules } from './config.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-agent-config-'));
  writeFileSync(join(folder, 'account.password'), 'agent-password-1\n');
  writeFileSync(join(folder, 'ca.pem'), 'PEM');
});
afterEach(() => rmSync(folder, { recursive: true }));

const forest = {
  domain: 'corp.example.com',
  caFile: 'ca.pem',
  addresses: { 'dc1.corp.example.com': '127.0.0.1:6360' },
  account: { userPrincipalName: 'svc-homeward@corp.example.com', passwordFile: 'account.password' },
};

function write(configuration: unknown): string {
  const file = join(folder, 'agent.json');
  writeFileSync(file, typeof configuration === 'string' ? configuration : JSON.stringify(configuration));
  return file;
}

function problemsOf(configuration: unknown): string[] {
  try {
    readConfig(write(configuration));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

test('a configuration is read with paths relative to its file, and defaults', () => {
  const config = readConfig(write({ name: 'agent-1', stateFolder: 'state', forests: [forest] }));
  expect(config).toMatchObject({
    name: 'agent-1',
    stateFolder: join(folder, 'state'),
    sync: { everySeconds: 30 },
    logLevel: 'info',
  });
  expect(config.forests[0]).toMatchObject({ ca: 'PEM', requirePolicyHints: false });
  expect(config.forests[0]?.account.password.reveal()).toBe('agent-password-1');
  expect(inspect(config, { depth: 9 })).not.toContain('agent-password-1');
});

test('all problems are told at once, each by its path', () => {
  const broken = {
    ...forest,
    domain: 'not a name',
    account: { userPrincipalName: 'svc', passwordFile: 'account.password' },
    colour: 'red',
  };
  const problems = problemsOf({
    stateFolder: '',
    forests: [broken],
    sync: { everySeconds: 1 },
    logLevel: 'loud',
  });
  const paths = problems.map((line) => line.split(':')[0]);
  expect(paths.toSorted()).toEqual([
    'forests[0].account.userPrincipalName',
    'forests[0].colour',
    'forests[0].domain',
    'logLevel',
    'stateFolder',
    'sync.everySeconds',
  ]);
});

test('every kind of problem is told in words', () => {
  const problems = problemsOf({
    stateFolder: 7,
    name: 'x'.repeat(65),
    forests: [{ ...forest, controllers: [], searchBases: 'OU=Sales', requirePolicyHints: 'yes' }, {}],
    pingEverySeconds: 4.5,
    keyLifetimeDays: 0,
    sync: { everySeconds: 100_000, matching: { by: 'name' } },
    logLevel: 'loud',
    foo: 1,
  });
  expect(problems.toSorted()).toEqual([
    'foo: is not a known setting',
    'forests[0].controllers: must not be empty',
    'forests[0].requirePolicyHints: must be true or false',
    'forests[0].searchBases: must be a list',
    'forests[1].account: is required',
    'forests[1].domain: is required',
    'keyLifetimeDays: must be at least 1',
    'logLevel: must be one of debug, info, warn, error',
    'name: must be at most 64 characters long',
    'pingEverySeconds: must be a whole number',
    'stateFolder: must be text',
    'sync.everySeconds: must be at most 86400',
    'sync.matching.by: must name one of identity, mail, masterAccountSid, mailNickname, attribute, as in {"by": "mail"}',
  ]);
  expect(problemsOf([])).toEqual(['the file: must be an object']);
});

test('a configuration that is not there says so, and not by a number of the system', () => {
  expect(() => readConfig(join(folder, 'gone.json'))).toThrow(
    /gone\.json cannot be used:\n {2}it does not exist$/,
  );
});

test('a marker is the name of an attribute, or false, or not there', () => {
  const of = (marker: unknown) => ({ stateFolder: 'state', forests: [{ ...forest, marker }] });
  const name = 'msDS-cloudExtensionAttribute15';
  expect(readConfig(write(of(name))).forests[0]?.marker).toBe(name);
  expect(readConfig(write(of(false))).forests[0]?.marker).toBe(false);
  expect(readConfig(write(of(undefined))).forests[0]?.marker).toBeUndefined();
  expect(problemsOf(of('a)(b'))).toEqual([
    'forests[0].marker: must be the name of an attribute, such as msDS-cloudExtensionAttribute15, or false',
  ]);
});

test('a proxy is read with its password, which shows itself to nobody', () => {
  const of = (proxy: unknown) => ({ stateFolder: 'state', forests: [forest], proxy });
  const url = 'http://proxy.example.com:3128';
  const config = readConfig(write(of({ url, userName: 'agent', passwordFile: 'account.password' })));
  expect(config.proxy?.credentials?.password.reveal()).toBe('agent-password-1');
  expect(inspect(config, { depth: 9 })).not.toContain('agent-password-1');
  expect(readConfig(write(of({ url }))).proxy).toEqual({ url });
  expect(readConfig(write(of(undefined))).proxy).toBeUndefined();
  const pair = (file: unknown) => problemsOf(of({ url, ...(file as object) }));
  expect(pair({ userName: 'agent' })).toEqual(['proxy: userName and passwordFile go together']);
  expect(pair({ userName: 'a', passwordFile: 'gone' })[0]).toMatch(/^proxy\.passwordFile: /);
});

test.each(['proxy.example.com:3128', 'socks5://proxy.example.com', 'http://me:secret@proxy.example.com'])(
  '%s is no address of a proxy, and is not repeated',
  (url) => {
    expect(problemsOf({ stateFolder: 'state', forests: [forest], proxy: { url } })).toEqual([
      'proxy.url: must be like http://proxy.example.com:3128, without name and password',
    ]);
  },
);

test('the agent’s own rules have defaults, and all their problems are told by path', () => {
  const of = { stateFolder: 'state', forests: [forest], rulesFile: 'rules.json' };
  const rules = (content: unknown) => writeFileSync(join(folder, 'rules.json'), JSON.stringify(content));
  expect(problemsOf(of)[0]).toMatch(/^rulesFile: .*rules\.json does not exist/);
  writeFileSync(join(folder, 'rules.json'), '');
  expect(problemsOf(of)[0], 'a truncated file is no permission').toMatch(/^rulesFile: is no JSON/);
  rules({ operations: ['reset'] });
  expect(readConfig(write(of)).rules).toEqual({
    scope: { exclude: [], excludeGroups: [] },
    protectedAccounts: [],
    operations: ['reset'],
    writesPerMinute: 60,
    writesPerHour: 600,
    returnVerifier: false,
  });
  expect(readConfig(write({ ...of, rulesFile: undefined })).rules.operations).toContain('adminReset');
  rules({
    scope: { include: ['Sales'], excludeGroups: ['S-1-5-x'] },
    protectedAccounts: ['ceo'],
    operations: ['resset'],
    writesPerMinute: 0,
    colour: 'red',
  });
  expect(problemsOf(of).map((line) => line.split(': ').slice(0, 2).join(': '))).toEqual([
    'rulesFile: scope.include[0]',
    'rulesFile: scope.excludeGroups[0]',
    'rulesFile: protectedAccounts[0]',
    'rulesFile: operations[0]',
    'rulesFile: writesPerMinute',
    'rulesFile: colour',
  ]);
  rules({ scope: { exclude: ['OU=Boards,DC=other,DC=example,DC=com'] }, writesPerHour: 600 });
  expect(problemsOf(of)).toEqual([
    'rulesFile: scope.exclude[0]: OU=Boards,DC=other,DC=example,DC=com is in none of the forests of this agent',
  ]);
});

test('files that cannot be read are told by the path that names them', () => {
  const account = { ...forest.account, passwordFile: 'gone.password' };
  const problems = problemsOf({
    stateFolder: 'state',
    cloudCaFile: 'gone.pem',
    forests: [{ ...forest, caFile: 'gone-too.pem', account }],
  });
  expect(problems.map((line) => line.split(':')[0])).toEqual([
    'cloudCaFile',
    'forests[0].caFile',
    'forests[0].account.passwordFile',
  ]);
});

test.each([
  ['no JSON', '{'],
  ['no forest', { stateFolder: 'state', forests: [] }],
])('%s is refused', (_, configuration) => {
  expect(problemsOf(configuration).length).toBeGreaterThan(0);
});

test('the examples of the page about the agent are taken as they are', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/agent.md'), 'utf8');
  const [configured, rules, ...more] = [...page.matchAll(/^```json\n(.*?)^```/gms)].map(
    ([, text = '']) => text,
  );
  expect(more).toEqual([]);
  writeFileSync(join(folder, 'proxy.password'), 'x');
  writeFileSync(join(folder, 'rules.json'), rules ?? '');
  const rest = { stateFolder: 'state', forests: [forest], rulesFile: 'rules.json' };
  const config = readConfig(write({ ...JSON.parse(configured ?? ''), ...rest }));
  expect(config.proxy?.url).toBe('http://proxy.example.com:3128');
  expect(config.rules.operations).toEqual(['reset', 'change', 'unlock']);
  const { operations: _, scope: __, protectedAccounts: ___, ...limits } = config.rules;
  expect(limits).toEqual({ writesPerMinute: 60, writesPerHour: 600, returnVerifier: false });
});

test('the rules file is named in full, and nothing where none is configured', () => {
  writeFileSync(join(folder, 'rules.json'), '{}');
  const of = { stateFolder: 'state', forests: [forest] };
  expect(readConfig(write({ ...of, rulesFile: 'rules.json' })).rulesFile).toBe(join(folder, 'rules.json'));
  expect(readConfig(write(of)).rulesFile).toBeUndefined();
});

test('a configuration whose only fault is its rules file is read, with what is wrong there', () => {
  const of = { stateFolder: 'state', forests: [forest], rulesFile: 'rules.json' };
  writeFileSync(join(folder, 'rules.json'), '{"operations":["reste"]}');
  const { config, rulesProblems } = readConfigAndRules(write(of));
  expect(config.forests[0]?.domain).toBe('corp.example.com');
  expect(config.rulesFile).toBe(join(folder, 'rules.json'));
  expect(rulesProblems.length).toBe(1);
  expect(rulesProblems[0]).toMatch(/^operations\[0\]/);
  expect(problemsOf(of)).toEqual([`rulesFile: ${rulesProblems[0]}`]);
  rmSync(join(folder, 'rules.json'));
  expect(readConfigAndRules(write(of)).rulesProblems[0]).toContain('does not exist');
  expect(() => readConfigAndRules(write({ ...of, cloudCaFile: 'none.pem' }))).toThrow(
    /cloudCaFile: .*\n {2}rulesFile: /,
  );
});
