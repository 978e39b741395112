import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENTS } from '@homeward/protocol/event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { recordingLog } from '../link/relay.fixture.ts';
import { rulesShape } from './agent-rules.ts';
import { openRules, type Rules, type RulesDeps } from './open-rules.ts';
import { openBreaker } from './write-breaker.ts';

const FOREST = 'S-1-5-21-1-2-3';
const NOW = 1_800_000_000_000;
const subject = {
  operation: 'reset',
  forest: FOREST,
  objectGuid: 'g',
  sid: `${FOREST}-1105`,
  groups: [],
  now: NOW,
} as const;

let folder: string;
const opened: Rules[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-rules-'));
});
afterEach(() => {
  for (const rules of opened.splice(0)) rules.close();
  rmSync(folder, { recursive: true });
});

function open(rules: object, resolve: RulesDeps['forests'][number]['resolve'] = async () => new Map()) {
  const log = recordingLog();
  const forests = [{ sid: FOREST, domain: 'corp.example.com', resolve }];
  const clock = { now: () => NOW };
  const own = openRules({ rules: rulesShape.parse(rules), stateFolder: folder, forests, clock, log });
  opened.push(own);
  return { rules: own, log };
}

test('one write too many opens the breaker, which says so once and holds over a restart', () => {
  const { rules, log } = open({ writesPerMinute: 2 });
  expect([rules.countWrite(FOREST, NOW), rules.countWrite(FOREST, NOW + 1)]).toEqual([undefined, undefined]);
  expect(
    rules.check({ ...subject, operation: 'dryRun', now: NOW + 2 }),
    'reading opens nothing',
  ).toBeUndefined();
  expect(rules.breakerOpen()).toBe(false);
  expect(rules.check({ ...subject, now: NOW + 2 })?.rule).toBe('rate');
  expect(rules.countWrite(FOREST, NOW + 3)?.rule).toBe('breaker');
  expect(rules.check({ ...subject, operation: 'dryRun', now: NOW + 4 })?.rule).toBe('breaker');
  expect(rules.check({ ...subject, operation: 'verify', now: NOW + 4 }), 'no write').toBeUndefined();
  const told = log.lines.filter(({ level }) => level === 'error');
  expect(told).toMatchObject([{ fields: { event: EVENTS.requestRefused, forest: 'corp.example.com' } }]);
  opened.splice(0)[0]?.close();

  const again = open({ writesPerMinute: 2 }).rules;
  const later = NOW + 24 * 3_600_000;
  expect(again.check({ ...subject, now: later })?.rule).toBe('breaker');
  const command = openBreaker(folder, rulesShape.parse({}));
  expect(command.closeBreakers()).toMatchObject([{ forest: FOREST, limit: 'writesPerMinute', allowed: 2 }]);
  command.close();
  expect(again.breakerOpen(), 'closed while the agent runs').toBe(false);
  expect(again.countWrite(FOREST, later)).toBeUndefined();
});

test('a clock that was ahead does not hold writes back for ever', () => {
  const { rules } = open({ writesPerMinute: 1, writesPerHour: 5 });
  expect(rules.countWrite(FOREST, NOW + 365 * 24 * 3_600_000)).toBeUndefined();
  expect(rules.check({ ...subject, operation: 'dryRun' })).toBeUndefined();
  const { rules: other } = open({ writesPerMinute: 2, writesPerHour: 5 });
  expect(other.countWrite(FOREST, NOW)).toBeUndefined();
  expect(other.countWrite(FOREST, NOW + 61_000)).toBeUndefined();
});

test('an account of a forest that is not this agent’s is out of scope', () => {
  expect(open({}).rules.check({ ...subject, forest: 'S-1-5-21-9-9-9' })?.rule).toBe('scope');
});

test('names are looked up, and until the directory has answered nobody is let through', async () => {
  const dn = 'CN=Payroll,DC=corp,DC=example,DC=com';
  const rules = { scope: { excludeGroups: [dn] }, protectedAccounts: ['ceo@corp.example.com'] };
  const answer = Promise.withResolvers<Map<string, string | null>>();
  const asked = vi.fn(() => answer.promise);
  const { rules: own, log } = open(rules, asked);
  expect(asked).toHaveBeenCalledWith({ groups: [dn], people: ['ceo@corp.example.com'] });
  expect(own.check(subject)?.detail).toContain('not looked up yet');
  answer.resolve(
    new Map([
      [dn, null],
      ['ceo@corp.example.com', `${FOREST}-500`],
    ]),
  );
  await vi.waitFor(() => expect(own.check(subject)?.detail).toContain('is not in the directory'), 15_000);
  expect(log.lines).toMatchObject([
    { level: 'error', fields: { event: EVENTS.configurationError, name: dn } },
  ]);
});
