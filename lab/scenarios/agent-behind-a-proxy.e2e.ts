/** An agent that reaches its cloud only through a proxy with a password, with rules of its own and its event log. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { EventRecord } from '../../packages/agent/src/events/event-record.ts';
import { readLinkFacts } from '../../packages/agent/src/link/link-facts.ts';
import { type ConnectProxy, connectProxy } from '../../packages/agent/src/network/connect-proxy.fixture.ts';
import { type Homeward, PATIENT_PAGES, startHomeward } from '../demo/homeward.ts';
import { PlainBrowser, passGates, submitPassword } from '../demo/reset-over-http.ts';
import { inventPassword } from '../forest/invent-password.ts';
import { provePasswordByKinit } from '../forest/kinit.ts';
import { setPassword } from '../forest/set-password.ts';
import { type LabPerson, readLab } from '../lab-file.ts';
import { ownLabFile } from '../own-lab.ts';

const AGENT_MAIN = resolve(import.meta.dirname, '../../packages/agent/src/main.ts');
const credentials = { userName: 'agent', password: 'proxy-password-1' };

let homeward: Homeward;
let folder: string;
let person: LabPerson;
let proxy: ConnectProxy;

beforeAll(async () => {
  const lab = await readLab(ownLabFile());
  folder = mkdtempSync(join(tmpdir(), 'homeward-e2e-'));
  proxy = await connectProxy({ credentials });
  homeward = await startHomeward({ lab, folder, cloud: PATIENT_PAGES });
  const [first] = homeward.forest.people.filter(({ kind }) => kind === 'ordinary');
  if (first === undefined) throw new Error('the lab has nobody to reset');
  person = first;
  await setPassword(homeward.forest, person.userName, person.password);
});

afterAll(async () => {
  if (person) await setPassword(homeward.forest, person.userName, person.password);
  await homeward?.stop();
  await proxy?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** The agent with this in its configuration, and these rules. */
async function restartAgent(more: object, rules: object = {}): Promise<void> {
  await homeward.agent.stop();
  const file = join(folder, 'agent.json');
  writeFileSync(join(folder, 'proxy.password'), `${credentials.password}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'rules.json'), JSON.stringify(rules));
  const configured = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...configured, ...more, rulesFile: 'rules.json' }));
  await homeward.startAgent();
}

const throughProxy = () => ({
  proxy: { url: proxy.url, userName: credentials.userName, passwordFile: 'proxy.password' },
});

/** Not awaited by blocking: the proxy lives in this process. */
async function agent(...command: string[]): Promise<{ exit: number; out: string }> {
  const args = ['--disable-warning=ExperimentalWarning', AGENT_MAIN, '--config', join(folder, 'agent.json')];
  return new Promise((settle) => {
    const child = execFile(process.execPath, [...args, ...command], { maxBuffer: 1e8 }, (_, out) =>
      settle({ exit: child.exitCode ?? -1, out }),
    );
  });
}

async function events(): Promise<EventRecord[]> {
  const { out } = await agent('events', '--json');
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as EventRecord);
}

async function reset(): Promise<{ heading: string; password: string }> {
  const browser = new PlainBrowser();
  const password = inventPassword();
  const { url, mailbox } = homeward;
  await passGates(browser, { url, mailbox, userName: person.userPrincipalName, mail: person.mail });
  // Where the agent refuses the person, the page with the password never comes.
  if (browser.page.html.includes('name="confirmation"')) await submitPassword(browser, password);
  return { heading: browser.heading, password };
}
const DONE = 'Your password has been changed';

test('everything to the cloud goes through the proxy, and a reset holds in the directory', async () => {
  await restartAgent(throughProxy());
  const { host } = new URL(homeward.url);
  await vi.waitFor(
    () =>
      expect(readLinkFacts(join(folder, 'agent'))?.map(({ state }) => state)).toEqual([
        'connected',
        'connected',
      ]),
    { timeout: 60_000 },
  );
  expect(new Set(proxy.asked)).toEqual(new Set([host]));
  const { heading, password } = await reset();
  expect(heading).toBe(DONE);
  expect(await provePasswordByKinit(homeward.forest, person.userPrincipalName, password)).toBe('accepted');
  const told = await events();
  expect(told.find(({ event }) => event === 31015)).toMatchObject({ level: 'info' });
  const [written, ...more] = told.filter(({ event }) => event === 31002);
  expect(more, 'reading ahead of a reset is none').toEqual([]);
  expect(written).toMatchObject({ outcome: 'applied', level: 'info', operation: 'reset' });
  expect(written?.versionAfter).toBe((written?.versionBefore ?? 0) + 1);
  expect(JSON.stringify(told)).not.toContain(password);
});

test('preflight goes the same way, and says how long an idle connection was watched', async () => {
  const { checks } = JSON.parse((await agent('preflight', '--json', '--idle', '1')).out) as {
    checks: { id: string; status: string; finding: string }[];
  };
  const found = Object.fromEntries(checks.map((check) => [check.id, check]));
  for (const id of ['proxy', 'cloud', 'relay', 'relay-idle', 'enrolment'])
    expect(found[id]?.status, `${id}: ${found[id]?.finding}`).toBe('PASS');
  expect(found['relay-idle']?.finding).toContain('for 1 s at least; longer was not tried');
});

test.each([
  ['its user principal name', () => ({ protectedAccounts: [person.userPrincipalName] }), 'protectedAccount'],
  [
    'a group by its DN, which is even the primary one',
    () => ({ scope: { excludeGroups: ['CN=Domain Users,CN=Users,DC=corp,DC=example,DC=com'] } }),
    'scope',
  ],
  ['another scope', () => ({ scope: { include: ['OU=Nowhere,DC=corp,DC=example,DC=com'] } }), 'scope'],
])(
  'a person that the agent’s own rules exclude by %s is refused, whatever the cloud orders',
  async (_, rules, rule) => {
    await restartAgent(throughProxy(), rules());
    const { heading, password } = await reset();
    expect(heading).not.toBe(DONE);
    expect(await provePasswordByKinit(homeward.forest, person.userPrincipalName, password)).not.toBe(
      'accepted',
    );
    expect((await events()).findLast(({ outcome }) => outcome === 'refusedByAgent')?.rule).toMatch(
      new RegExp(`^${rule}`),
    );
  },
);

test('one write too many opens the breaker until it is closed on this machine', async () => {
  await homeward.agent.stop();
  // Earlier tests wrote in this minute.
  for (const name of readdirSync(join(folder, 'agent')).filter((each) => each.startsWith('breaker.db')))
    rmSync(join(folder, 'agent', name));
  await restartAgent(throughProxy(), { writesPerMinute: 1 });
  expect((await reset()).heading).toBe(DONE);
  expect((await reset()).heading).not.toBe(DONE);
  expect(await agent('breaker', 'show')).toMatchObject({
    exit: 1,
    out: expect.stringContaining('corp.example.com'),
  });
  await restartAgent(throughProxy(), { writesPerMinute: 1 });
  expect((await reset()).heading, 'a restart does not close it').not.toBe(DONE);
  expect((await agent('breaker', 'close')).out).toContain('corp.example.com: closed.');
  expect((await reset()).heading).toBe(DONE);
});

test('the cloud has the events by their ids, each once, and no words', async () => {
  const own = (await events()).filter(({ event }) => event !== 31019);
  await vi.waitFor(
    () => {
      const { file, offset } = JSON.parse(
        readFileSync(join(folder, 'agent/events-mirrored.json'), 'utf8'),
      ) as { file: number; offset: number };
      const log = readFileSync(join(folder, 'agent/events', `${String(file).padStart(8, '0')}.jsonl`));
      expect(offset).toBe(log.length);
    },
    { timeout: 60_000, interval: 250 },
  );
  await homeward.cloud.stop();
  const database = new DatabaseSync(join(folder, 'cloud/cloud.db'));
  try {
    const kept = database.prepare('SELECT * FROM agent_event').all();
    expect(kept.length).toBe(new Set(kept.map((row) => row['id'])).size);
    const ids = new Set(kept.map((row) => row['id']));
    expect(own.filter(({ id }) => !ids.has(id))).toEqual([]);
    expect(JSON.stringify(kept)).not.toContain(person.userPrincipalName);
  } finally {
    database.close();
  }
});
