import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DirectoryProbe } from '@homeward/active-directory';
import { Secret } from '@homeward/protocol/secret';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ForestConfig } from '../config.ts';
import { makeKeys } from '../keys/key-store.ts';
import { writeLinkFacts } from '../link/link-facts.ts';
import { fakeTerminal } from '../permissions/directory.fixture.ts';
import { DEFAULT_RULES } from '../rules/agent-rules.ts';
import { writeRulesFacts } from '../rules/rules-facts.ts';
import { openBreaker } from '../rules/write-breaker.ts';
import { openSyncStore } from '../sync/open-sync-store.ts';
import { openJournal } from '../writeback/journal.ts';
import type { AgentStatus, StatusConfig } from './collect-status.ts';
import { readJournalFacts } from './read-journal-facts.ts';
import { showRunning } from './show-running.ts';
import { showStatus } from './status-command.ts';
import { whyNotServing } from './why-not-serving.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const SID = 'S-1-5-21-1-2-3';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-status-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const forest: ForestConfig = {
  domain: 'corp.example.com',
  ca: undefined,
  account: { userPrincipalName: 'svc-homeward@corp.example.com', password: new Secret('x') },
  requirePolicyHints: false,
  otherWritableController: false,
};

const GOOD: DirectoryProbe = {
  reachable: true,
  controller: 'dc1.corp.example.com',
  pdcProven: true,
  policyHints: '1.2.840.113556.1.4.2239',
  clockOffsetMs: 0,
};

async function status(probe: DirectoryProbe = GOOD, json = false, more: Partial<StatusConfig> = {}) {
  const terminal = fakeTerminal();
  const painted: string[] = [];
  const paint = (how: string, text: string) => {
    if (how === 'good') painted.push(text);
    return text;
  };
  const exit = await showStatus(
    {
      ...{
        name: 'agent-1',
        stateFolder: folder,
        forests: [forest],
        keyLifetimeDays: 180,
        rules: DEFAULT_RULES,
      },
      ...{ rulesFile: undefined, rulesProblems: [], ...more },
    },
    { json },
    {
      terminal: { ...terminal, paint },
      command: 'homeward-agent',
      clock: { now: () => NOW },
      fetch: () => Promise.reject(new TypeError('no network in this test')),
      openForest: () => ({ probe: async () => probe, close: () => {} }),
    },
  );
  return { exit, text: terminal.text(), green: painted };
}

async function enrolled() {
  mkdirSync(join(folder, 'keys'));
  await makeKeys(folder, 1, NOW - 100 * 86_400_000);
  writeFileSync(
    join(folder, 'enrolment.json'),
    JSON.stringify({
      agentId: '5f0c0a52-0000-4000-8000-000000000001',
      tenantId: '5f0c0a52-0000-4000-8000-000000000002',
      tenantName: 'Example Corporation',
      cloudUrl: 'https://reset.example.com',
      forests: [{ sid: SID, domain: 'corp.example.com', netbiosName: 'CORP' }],
    }),
  );
}

test('an agent that is not enrolled says how to', async () => {
  const { exit, text } = await status();
  expect(exit).toBe(1);
  expect(text).toContain('homeward-agent writeback enable --cloud');
  expect(text).toMatch(/through this agent\s+now: it is not enrolled\.$/);
});

test('a journal that is held means a running agent; reading it does not take its lock', async () => {
  await enrolled();
  const journal = openJournal(folder, () => NOW);
  expect(readJournalFacts(folder)).toEqual({ state: 'held' });
  const running = await status();
  expect(running.exit).toBe(0);
  expect(running.text).toMatch(/Running +yes/);
  expect(running.text).toContain('Example Corporation, at https://reset.example.com');
  expect(running.text).toMatch(/Fingerprint +([0-9a-f]{4}-){5}[0-9a-f]{4}/);
  journal.close();
  expect(readJournalFacts(folder)).toEqual({ state: 'free', unsettled: 0, lastActive: undefined });
  openJournal(folder, () => NOW).close();
  const stopped = await status();
  expect(stopped.exit).toBe(1);
  expect(stopped.text).toMatch(/Running +no\n +→ homeward-agent run/);
});

test('nothing is green that was not asked just now', async () => {
  await enrolled();
  const outcome = { kind: 'directoryNotTrusted', diagnosis: { reason: 'certificateExpired' } } as const;
  const { exit, text, green } = await status({ reachable: false, outcome });
  expect(exit).toBe(1);
  expect(text).toContain('The controller’s certificate has expired.');
  expect(green).toEqual([]);
});

test('a directory without policy hints is said to enforce no history', async () => {
  await enrolled();
  const { text } = await status({ ...GOOD, policyHints: undefined });
  expect(text).toContain('not offered: history cannot be enforced on a reset');
});

test('people and the last full cycle come from the sync store, also beside a running agent', async () => {
  await enrolled();
  const store = openSyncStore(folder);
  store.transaction(() => {
    store.setFact(`imported/${SID}`, String(NOW - 7_200_000));
    store.setFact(`held/${SID}`, JSON.stringify({ deletions: 501, of: 2000 }));
  });
  const { text } = await status();
  expect(text).toContain('Last full cycle  2 hours ago (2026-11-21 10:00 UTC)');
  expect(text).toContain('501 deletions from this forest wait to be confirmed');
  const asJson = JSON.parse((await status(GOOD, true)).text) as { forests: object[] };
  expect(asJson.forests).toMatchObject([
    { sync: { people: 0, heldDeletions: 501 }, probe: { pdcProven: true } },
  ]);
  store.close();
});

test('links, breaker and keys of the running agent are told, and one of them down is not serving', async () => {
  await enrolled();
  const journal = openJournal(folder, () => NOW);
  const since = NOW - 120_000;
  writeLinkFacts(folder, [
    { number: 1, state: 'connected', since },
    { number: 2, state: 'waiting', since, problem: 'the relay answered HTTP 502' },
  ]);
  const one = await status();
  expect(one.exit).toBe(0);
  expect(one.text).toMatch(/Links +1 of 2 open, since 2 minutes ago/);
  expect(one.text.replaceAll(/\n +/g, ' ')).toContain('the relay answered HTTP 502');
  expect(one.text).toMatch(/Keys +generation 1, made 100 days ago/);
  expect(one.text).toMatch(/Next rollover +2027-02-09/);
  expect(one.text).toMatch(/Recipients +not known/);
  const rules = { ...DEFAULT_RULES, writesPerMinute: 1 };
  const breaker = openBreaker(folder, rules);
  for (let write = 0; write < 2; write++) breaker.countWrite(SID, NOW);
  breaker.close();
  const held = await status();
  expect(held.exit).toBe(1);
  expect(held.text).toMatch(/Breaker +open for corp.example.com: more than 1 writes in a minute/);
  journal.close();
});

test.each([
  ['this agent waits to be admitted: run …', 'now: it waits to be admitted.'],
  [
    'no such agent is enrolled here, or it was revoked',
    'now: it was revoked, or the cloud does not know it.',
  ],
  ['the relay answered HTTP 502', 'now: it has no link to the cloud.'],
])('the last line says why nobody is served: %s', async (problem, words) => {
  await enrolled();
  const journal = openJournal(folder, () => NOW);
  writeLinkFacts(folder, [
    { number: 1, state: 'waiting', since: NOW, problem },
    { number: 2, state: 'waiting', since: NOW },
  ]);
  const { exit, text } = await status();
  journal.close();
  expect(exit).toBe(1);
  expect(text.replaceAll(/\s+/g, ' ')).toContain(
    `People cannot reset their passwords through this agent ${words}`,
  );
  expect(text).not.toContain('Recipients');
});

test('of several reasons each is named, and of a forest in two that the others are served', () => {
  const forest = (domain: string, reachable: boolean) =>
    ({ domain, sid: domain, probe: { reachable } }) as AgentStatus['forests'][number];
  const known = { enrolment: {} as never, journal: { state: 'held' } as const, links: undefined };
  const forests = [forest('a.example.com', false), forest('b.example.com', true)];
  expect(whyNotServing({ ...known, breakers: [], forests })).toEqual({
    everybody: false,
    reasons: ['a.example.com takes no password from it'],
  });
  const breakers = [{ forest: 'b.example.com' } as never];
  expect(whyNotServing({ ...known, breakers, forests })).toEqual({
    everybody: true,
    reasons: ['a.example.com takes no password from it', 'its breaker for b.example.com is open'],
  });
});

test('an agent without any link serves nobody', async () => {
  await enrolled();
  const journal = openJournal(folder, () => NOW);
  const link = { state: 'waiting', since: NOW } as const;
  writeLinkFacts(folder, [
    { number: 1, ...link },
    { number: 2, ...link },
  ]);
  const { exit, text } = await status();
  expect(exit).toBe(1);
  expect(text).toMatch(/Links +0 of 2 open[^→]*→ homeward-agent preflight/);
  journal.close();
});

test('the running agent’s rules are told with the time since which they hold, and what is wrong with their file', async () => {
  await enrolled();
  const asOf = NOW - 3_600_000;
  const file = '/etc/homeward/rules.json';
  writeRulesFacts(folder, { file, asOf, problems: [] });
  expect((await status()).text, 'none runs').not.toContain('Rules');
  const journal = openJournal(folder, () => NOW);
  expect((await status()).text.replaceAll(/\s+/g, ' ')).toContain(
    'Rules as of 1 hour ago (2026-11-21 11:00 UTC), from /etc/homeward/rules.json',
  );
  writeRulesFacts(folder, {
    file,
    asOf,
    problems: ['scope.include[0]: must be a name', 'writesPerHour: no'],
  });
  const { exit, text } = await status();
  expect(exit, 'it still serves').toBe(0);
  expect(text).toMatch(
    /the file has problems, and the rules of 1 hour ago\s[^→]+→ homeward-agent rules check/,
  );
  expect(text).toMatch(/Problem +scope.include\[0\]: must be a name\n +writesPerHour: no/);
  writeRulesFacts(folder, { asOf, problems: [] });
  expect((await status()).text).toMatch(/Rules +the defaults; no rulesFile is configured/);
  journal.close();
});

test('where the configuration cannot be used, the agent that still runs is told from its state folder alone', async () => {
  const terminal = fakeTerminal();
  const without = {
    stateFolder: folder,
    deps: { terminal, command: 'homeward-agent', clock: { now: () => NOW } },
  };
  showRunning(without);
  expect(terminal.text()).toBe('');
  const journal = openJournal(folder, () => NOW);
  writeRulesFacts(folder, { file: 'rules.json', asOf: NOW, problems: ['is no JSON'] });
  showRunning(without);
  journal.close();
  expect(terminal.text()).toMatch(/Running +yes/);
  expect(terminal.text()).toMatch(/Rules +the file has problems/);
});

test('a broken rules file keeps neither the directories from being asked nor its problems from being told', async () => {
  const broken = { rulesFile: '/etc/homeward/rules.json', rulesProblems: ['operations[0]: no', 'x: no'] };
  expect((await status(GOOD, false, broken)).text, 'before enrolment too').toContain('operations[0]: no');
  await enrolled();
  const stopped = await status(GOOD, false, broken);
  expect(stopped.exit).toBe(1);
  expect(stopped.text).toContain('dc1.corp.example.com answers, the proven PDC emulator');
  expect(stopped.text.replaceAll(/\s+/g, ' ')).toContain(
    '/etc/homeward/rules.json cannot be used: an agent that is started with it stops at once → homeward-agent rules check Problem operations[0]: no x: no',
  );
  const json = await status(GOOD, true, broken);
  expect(JSON.parse(json.text)).toMatchObject({
    rulesFile: { file: '/etc/homeward/rules.json', problems: ['operations[0]: no', 'x: no'] },
    forests: [{ probe: { reachable: true } }],
  });
  const journal = openJournal(folder, () => NOW);
  writeRulesFacts(folder, { file: broken.rulesFile, asOf: NOW, problems: broken.rulesProblems });
  const running = await status(GOOD, false, broken);
  journal.close();
  expect(running.exit, 'it serves by the rules that it has').toBe(0);
  expect(running.text.match(/operations\[0\]/g), 'told once').toHaveLength(1);
  expect((await status(GOOD, false, { rulesFile: broken.rulesFile })).text).not.toContain('Rules file');
});
