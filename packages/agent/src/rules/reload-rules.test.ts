import { mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENTS } from '@homeward/protocol/event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { recordingLog } from '../link/relay.fixture.ts';
import { rulesShape } from './agent-rules.ts';
import type { ResolvedNames } from './judge-account.ts';
import { openRules, type Rules } from './open-rules.ts';
import type { ForestOfRules } from './rule-names.ts';
import { readRulesFacts } from './rules-facts.ts';

const FOREST = 'S-1-5-21-1-2-3';
const START = Date.UTC(2026, 10, 21, 12);
const CEO = 'ceo@corp.example.com';
const subject = {
  operation: 'reset',
  ...{ forest: FOREST, objectGuid: 'g', sid: `${FOREST}-1105`, groups: [] },
  dn: 'CN=Ada,OU=Sales,DC=corp,DC=example,DC=com',
} as const;

let folder: string;
let file: string;
let now: number;
let log: ReturnType<typeof recordingLog>;
let rules: Rules | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-reload-'));
  file = join(folder, 'own-rules.json');
  now = START;
  log = recordingLog();
});
afterEach(() => {
  rules?.close();
  rmSync(folder, { recursive: true });
});

/** An agent that started with these rules in its file. `every` ms it looks; a day stands for "when asked only". */
function start(first: object, resolve: ForestOfRules['resolve'] = async () => new Map(), every = 5): Rules {
  writeFileSync(file, JSON.stringify(first));
  rules = openRules({
    ...{ rules: rulesShape.parse(first), file, stateFolder: folder, log, every },
    forests: [{ sid: FOREST, domain: 'corp.example.com', resolve }],
    clock: { now: () => now },
  });
  return rules;
}

const refusal = () => rules?.check({ ...subject, now })?.detail;
const told = (level: string) => log.lines.filter((line) => line.level === level);
const aFewLooks = () => new Promise((resolve) => setTimeout(resolve, 40));
const DAY = 86_400_000;

test('a changed file holds for the next request, and is said with what changed in it', async () => {
  start({});
  expect(refusal()).toBeUndefined();
  now += 60_000;
  writeFileSync(file, JSON.stringify({ scope: { exclude: ['OU=Sales,DC=corp,DC=example,DC=com'] } }));
  await vi.waitFor(() => expect(refusal()).toContain('scope.exclude'), 15_000);
  expect(told('info')).toMatchObject([{ fields: { file, changed: ['scope'] } }]);
  expect(readRulesFacts(folder)).toEqual({ file, asOf: START + 60_000, problems: [] });
});

test('what is put in its place with an old time and the same size is found as well', async () => {
  start({ operations: ['reset'], protectedAccounts: [] });
  const draft = join(folder, 'draft.json');
  writeFileSync(draft, JSON.stringify({ operations: ['unlock'] }).padEnd(readFileSync(file).length));
  utimesSync(draft, 1, 1);
  renameSync(draft, file);
  await vi.waitFor(() => expect(refusal()).toBe('operations does not have reset'), 15_000);
});

test('a file with problems changes nothing, is said once with all of them, and again when it is mended', async () => {
  const rulesBefore = { operations: ['change'] };
  start(rulesBefore);
  writeFileSync(file, JSON.stringify({ writesPerMinute: 0, operations: ['rest'], more: 1 }));
  await vi.waitFor(() => expect(told('error')).toHaveLength(1), 15_000);
  await aFewLooks();
  expect(refusal()).toBe('operations does not have reset');
  const [line, ...others] = told('error');
  expect(others).toEqual([]);
  expect(line).toMatchObject({
    message: expect.stringContaining('the rules of 2026-11-21T12:00:00.000Z hold'),
    fields: { event: EVENTS.configurationError, code: 'ERR_CONFIG_INVALID' },
  });
  const problems = line?.fields['problems'] as string[];
  expect(problems.map((problem) => problem.split(':')[0])).toEqual(
    expect.arrayContaining(['operations[0]', 'writesPerMinute', 'more']),
  );
  expect(readRulesFacts(folder)).toEqual({ file, asOf: START, problems });
  writeFileSync(file, JSON.stringify(rulesBefore));
  await vi.waitFor(() => expect(told('info')).toHaveLength(1), 15_000);
  expect(told('info')[0]?.message).toContain('in order again');
  expect(readRulesFacts(folder)?.problems).toEqual([]);
});

test('a file that is half written when it is looked at is taken when it is whole, without a fault', () => {
  const whole = JSON.stringify({ operations: ['unlock'] });
  vi.useFakeTimers();
  try {
    start({}, undefined, 3_000);
    writeFileSync(file, whole.slice(0, 12));
    vi.advanceTimersByTime(3_000);
    expect(refusal(), 'the rules from before').toBeUndefined();
    writeFileSync(file, whole);
    vi.advanceTimersByTime(3_000);
    expect(refusal()).toBe('operations does not have reset');
    expect(told('error')).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

test('a removed file leaves the rules as they were, until it is back', async () => {
  start({ operations: ['change'] });
  rmSync(file);
  await vi.waitFor(() => expect(told('error')).toHaveLength(1), 15_000);
  await aFewLooks();
  expect(told('error')).toMatchObject([{ fields: { problems: [`${file} does not exist`] } }]);
  expect(refusal()).toBe('operations does not have reset');
  writeFileSync(file, '{}');
  await vi.waitFor(() => expect(refusal()).toBeUndefined(), 15_000);
  expect(readRulesFacts(folder)?.problems).toEqual([]);
});

test('a reload in the middle of a burst forgets no write, and closes no breaker', async () => {
  const own = start({ writesPerMinute: 10 });
  const answers = [];
  for (let write = 0; write < 20; write++) {
    if (write === 4) {
      writeFileSync(file, JSON.stringify({ writesPerMinute: 6 }));
      own.reread();
    }
    answers.push(own.countWrite(FOREST, now + write)?.rule ?? 'written');
  }
  expect(answers).toEqual([...Array(6).fill('written'), 'rate', ...Array(13).fill('breaker')]);
  expect(own.openBreakers()).toMatchObject([{ limit: 'writesPerMinute', allowed: 6 }]);
  writeFileSync(file, JSON.stringify({ writesPerMinute: 1_000, writesPerHour: 1_000 }));
  own.reread();
  expect(own.countWrite(FOREST, now + 30)?.rule, 'only this machine’s administrator closes it').toBe(
    'breaker',
  );
});

test('names of new rules are looked up at once; until the directory answers, nobody slips through', async () => {
  const asked: string[][] = [];
  const second = Promise.withResolvers<ResolvedNames>();
  const own = start(
    { protectedAccounts: [CEO] },
    ({ people }) => {
      asked.push(people);
      return asked.length === 1 ? Promise.resolve(new Map([[CEO, `${FOREST}-500`]])) : second.promise;
    },
    DAY,
  );
  await vi.waitFor(() => expect(refusal()).toBeUndefined(), 15_000);
  const ada = 'ada@corp.example.com';
  writeFileSync(file, JSON.stringify({ protectedAccounts: [CEO, ada] }));
  own.reread();
  expect(refusal()).toContain('not looked up yet');
  expect(asked).toEqual([[CEO], [CEO, ada]]);
  second.resolve(
    new Map([
      [CEO, `${FOREST}-500`],
      [ada, subject.sid],
    ]),
  );
  await vi.waitFor(() => expect(refusal()).toBe(`protectedAccounts: ${ada}`), 15_000);
});

test('a late answer to what earlier rules asked does not stand in for the one to the new rules', async () => {
  const early = Promise.withResolvers<ResolvedNames>();
  const late = Promise.withResolvers<ResolvedNames>();
  const asked = [late.promise, early.promise];
  const own = start({ protectedAccounts: [CEO] }, () => asked.shift() ?? early.promise, DAY);
  writeFileSync(file, JSON.stringify({ protectedAccounts: [CEO], writesPerMinute: 7 }));
  own.reread();
  early.resolve(new Map([[CEO, subject.sid]]));
  await vi.waitFor(() => expect(refusal()).toBe(`protectedAccounts: ${CEO}`), 15_000);
  late.resolve(new Map([[CEO, null]]));
  await aFewLooks();
  expect(refusal()).toBe(`protectedAccounts: ${CEO}`);
});

test('who asks for it is told, also where nothing has changed', () => {
  const own = start({}, undefined, DAY);
  own.reread();
  expect(told('info')).toMatchObject([{ message: 'the rules file was read: nothing in it has changed' }]);
  writeFileSync(file, '{');
  own.reread();
  expect(told('error')).toHaveLength(1);
  own.reread();
  expect(told('error')).toHaveLength(2);
});

test('the facts for status go when the agent stops', () => {
  start({});
  expect(readRulesFacts(folder)?.asOf).toBe(START);
  rules?.close();
  rules = undefined;
  expect(readRulesFacts(folder)).toBeUndefined();
});
