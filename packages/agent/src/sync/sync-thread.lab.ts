import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  LabAdministrator,
  type LabForest,
  labForests,
  openLabDirectory,
} from '@homeward/active-directory/testing/lab-forest';
import { Secret } from '@homeward/protocol/secret';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Terminal } from '../terminal/terminal.ts';
import { confirmHeld } from './confirm-command.ts';
import { explainPerson } from './explain-command.ts';
import { openLinkReader, openSyncStore } from './open-sync-store.ts';
import { runSync } from './run-command.ts';
import { type ScimServer, startScimServer } from './scim-server.fixture.ts';
import { startSyncThread } from './start-sync-thread.ts';
import { syncSettings } from './sync-settings.ts';
import { type SyncOrder, syncOrderOf } from './sync-work.ts';

const TOKEN = 'the-token-of-the-main-thread';

let lab: LabAdministrator;
let forest: LabForest;
let server: ScimServer;
let folder: string;
let order: SyncOrder;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  const [first] = labForests();
  if (first === undefined) throw new Error('the lab has no forest');
  forest = first;
  lab = await LabAdministrator.open(forest, 'Thread');
  server = await startScimServer();
  folder = mkdtempSync(join(tmpdir(), 'homeward-thread-'));
  const directory = openLabDirectory(forest);
  const { forestSid: sid, domain, netbiosName } = await directory.identity();
  directory.close();
  const { userPrincipalName, password } = forest.agentAccount;
  order = syncOrderOf({
    stateFolder: folder,
    cloudUrl: server.url,
    // What a test waits for comes by its own order, and is not taken from it by a cycle of the schedule.
    settings: syncSettings.parse({ everySeconds: 86_400 }),
    forests: [
      {
        enrolled: { sid, domain, netbiosName },
        include: [lab.ou],
        directory: {
          domain: forest.domain,
          dnsServers: [forest.dnsServer],
          ca: readFileSync(forest.caFile, 'utf8'),
          account: { userPrincipalName, password: new Secret(password) },
        },
      },
    ],
  });
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await lab.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

const cloud = () => ({
  url: server.url,
  authorize: async () => ({ authorization: `DPoP ${TOKEN}` }),
  fetch: globalThis.fetch,
});
const clock = { now: Date.now };
const silent = { debug() {}, info() {}, warn() {}, error() {} };

function thread() {
  const logged: { fields: object; message: string }[] = [];
  const at = (fields: object, message: string) => void logged.push({ fields, message });
  const log = { debug: at, info: at, warn: at, error: at };
  const running = startSyncThread({ order, cloud: cloud(), log });
  closing.push(() => running.stop());
  return { running, logged };
}

function terminal(): Terminal & { lines: string[] } {
  const lines: string[] = [];
  const never = () => Promise.reject(new Error('nobody is there to answer'));
  return {
    ...{ lines, width: 100, interactive: false, paint: (_, text) => text, progress: () => {} },
    print: (line = '') => void lines.push(line),
    ...{ ask: never, askSecret: never, readInput: never },
  };
}

test('the thread provisions, follows changes, and leaves the store to readers', async () => {
  const person = await lab.person({ displayName: 'Una West', mail: 'una@example.com' });
  const { running, logged } = thread();
  await vi.waitFor(() => expect(server.people.size).toBe(1), 60_000);
  expect(server.requests.map(({ authorization }) => authorization)).toEqual([`DPoP ${TOKEN}`]);
  await vi.waitFor(
    () => expect(logged.map(({ message }) => message)).toContain('people are in step with the directory'),
    30_000,
  );
  await lab.replace(person.dn, { displayName: 'Una North' });
  const { runs } = await running.runNow();
  expect(runs).toMatchObject([{ domain: forest.domain, mode: 'delta', exported: { updated: 1 } }]);
  const [[cloudAnchor = '', held] = []] = server.people;
  expect(held).toMatchObject({ displayName: 'Una North' });
  const people = openLinkReader(folder);
  expect(people.cloudObjectByCloudAnchor(cloudAnchor)).toMatchObject({
    confirmed: { displayName: ['Una North'] },
  });
  people.close();
  await running.stop();
  expect(readdirSync(folder).filter((name) => name.endsWith('-wal'))).toEqual([]);
  expect(JSON.stringify(logged)).not.toContain(TOKEN);
  expect(JSON.stringify(logged)).not.toContain(forest.agentAccount.password);
});

test('resets go first: synchronisation stands still while one is under way, and goes on after it', async () => {
  await lab.person();
  const { running } = thread();
  await running.runNow();
  await lab.person();
  let isUnderWay = true;
  const reset = running.ahead(async () => {
    await new Promise((done) => setTimeout(done, 1_000));
    isUnderWay = false;
  });
  const run = running.runNow().then((answer) => ({ answer, isUnderWay }));
  expect(await run).toMatchObject({ isUnderWay: false, answer: { runs: [{ exported: { created: 1 } }] } });
  await reset;
});

test('a command synchronises by itself, or asks the agent that runs', async () => {
  await lab.person({ displayName: 'Una West' });
  const deps = () => ({
    order,
    cloud: cloud(),
    log: silent,
    clock,
    terminal: terminal(),
    command: 'homeward-agent',
  });
  const alone = deps();
  expect(await runSync({}, alone)).toBe(0);
  expect(alone.terminal.lines.join('\n')).toMatch(
    /everything was read, \d+ objects.*\n {2}exported to the cloud: 1 created/,
  );
  const { running } = thread();
  await running.runNow();
  await lab.person({ displayName: 'Duo East' });
  const asking = deps();
  expect(await runSync({ json: true }, asking)).toBe(0);
  expect(JSON.parse(asking.terminal.lines.join(''))).toMatchObject({ isWell: true, by: 'agent' });
  expect(server.people.size).toBe(2);
  const full = deps();
  expect(await runSync({ full: true }, full)).toBe(0);
  expect(full.terminal.lines[0]).toContain('everything was read');
  expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toEqual([]);
});

test('many deletions are held until they are confirmed, and a person is explained meanwhile', async () => {
  const people = [await lab.person({ displayName: 'Una West' }), await lab.person()];
  const deps = () => ({
    order,
    cloud: cloud(),
    log: silent,
    clock,
    terminal: terminal(),
    command: 'homeward-agent',
  });
  await runSync({}, deps());
  for (const { dn } of people) await lab.client.del(dn);
  const held = deps();
  expect(await runSync({ full: true }, held)).toBe(0);
  expect(held.terminal.lines.join('\n')).toContain('2 objects of 2 are to be deleted in the cloud.');
  expect(server.people.size).toBe(2);
  const unsure = deps();
  expect(await confirmHeld({}, unsure)).toBe(1);
  expect(server.people.size).toBe(2);
  expect(await confirmHeld({ yes: true }, deps())).toBe(0);
  await runSync({}, deps());
  expect(server.people.size).toBe(0);
  const calm = deps();
  expect(await confirmHeld({ json: true }, calm)).toBe(0);
  expect(JSON.parse(calm.terminal.lines.join(''))).toEqual({ isConfirmed: true, held: [] });
});

test('explain tells a person by any name, and who is not known', async () => {
  const empty = { order, terminal: terminal(), command: 'homeward-agent' };
  expect(explainPerson('una', {}, empty)).toBe(1);
  expect(empty.terminal.lines).toEqual([
    'Nothing was synchronised yet. Start the agent, or do it once by: homeward-agent sync run',
  ]);
  const person = await lab.person({ displayName: 'Una West' });
  await runSync({}, { ...empty, cloud: cloud(), log: silent, clock, terminal: terminal() });
  for (const name of [
    person.userPrincipalName,
    person.userName.toUpperCase(),
    person.objectGuid,
    'una west',
  ]) {
    const told = { ...empty, terminal: terminal() };
    expect(explainPerson(name, {}, told), name).toBe(0);
    expect(told.terminal.lines.at(-1)).toBe(
      `Password: would be written to ${person.dn} in ${forest.domain}.`,
    );
  }
  const json = { ...empty, terminal: terminal() };
  expect(explainPerson('una west', { json: true }, json)).toBe(0);
  expect(JSON.parse(json.terminal.lines.join(''))).toMatchObject([
    { writeback: { kind: 'found', dn: person.dn } },
  ]);
  const nobody = { ...empty, terminal: terminal() };
  expect(explainPerson('nobody-at-all', {}, nobody)).toBe(1);
  expect(openSyncStore(folder).close()).toBeUndefined();
});
