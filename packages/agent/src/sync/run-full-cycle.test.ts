import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anchorOfGuid, confirmDeletions, locateForWriteback } from '@homeward/sync';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Person } from './import-people.ts';
import { openSyncStore } from './open-sync-store.ts';
import { type CycleProgress, runFullCycle } from './run-full-cycle.ts';
import { type ScimServer, startScimServer } from './scim-server.fixture.ts';
import { syncConfigurationOf } from './sync-configuration.ts';

const FOREST = 'S-1-5-21-1-2-3';
const DIRECTORY = 'urn:homeward:params:scim:schemas:extension:directory:2.0:User';
const corp = { sid: FOREST, domain: 'corp.example.com', netbiosName: 'CORP' };

let server: ScimServer;
let folder: string;
let store: ReturnType<typeof openSyncStore>;
let people: Person[];
let logged: { level: string; fields: object; message: string }[];

beforeEach(async () => {
  server = await startScimServer();
  folder = mkdtempSync(join(tmpdir(), 'homeward-cycle-'));
  store = openSyncStore(folder);
  people = [];
  logged = [];
});

afterEach(async () => {
  store.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

const log = Object.fromEntries(
  ['debug', 'info', 'warn', 'error'].map((level) => [
    level,
    (fields: object, message: string) => void logged.push({ level, fields, message }),
  ]),
) as Parameters<typeof runFullCycle>[0]['log'];

function guid(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

function person(n: number, attributes: Record<string, string[]> = {}): Person {
  return {
    objectGuid: guid(n),
    dn: `CN=person${n},OU=People,DC=corp,DC=example,DC=com`,
    attributes: {
      sAMAccountName: [`person${n}`],
      userPrincipalName: [`person${n}@corp.example.com`],
      displayName: [`Person ${n}`],
      mail: [`person${n}@example.com`],
      userAccountControl: ['512'],
      ...attributes,
    },
  };
}

function cycle(some: Partial<Parameters<typeof runFullCycle>[0]> = {}) {
  return runFullCycle({
    directory: {
      async *people() {
        for (let at = 0; at < people.length; at += 50) yield people.slice(at, at + 50);
      },
    },
    store,
    cloud: {
      url: server.url,
      authorize: async () => ({ authorization: 'DPoP token of the agent' }),
      fetch: globalThis.fetch,
    },
    configuration: syncConfigurationOf([corp]),
    forest: FOREST,
    log,
    clock: { now: () => 1_000 },
    ...some,
  });
}

test('provisions a person through SCIM Bulk, and then finds them by the cloudAnchor that came back', async () => {
  people = [person(1, { givenName: ['Anna'], sn: ['Öst'] })];
  const report = await cycle();
  expect(report.exported).toEqual({ created: 1, updated: 0, deleted: 0, refused: 0 });
  expect(server.requests).toEqual([
    {
      authorization: 'DPoP token of the agent',
      contentType: 'application/scim+json',
      operations: [
        {
          method: 'POST',
          path: '/Users',
          bulkId: anchorOfGuid(guid(1)),
          data: {
            schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', DIRECTORY],
            externalId: anchorOfGuid(guid(1)),
            userName: 'person1@corp.example.com',
            displayName: 'Person 1',
            name: { givenName: 'Anna', familyName: 'Öst' },
            emails: [{ value: 'person1@example.com', type: 'work', primary: true }],
            active: true,
            [DIRECTORY]: {
              forest: FOREST,
              domain: 'corp.example.com',
              netbiosName: 'CORP',
              samAccountName: 'person1',
              objectGuid: guid(1),
            },
          },
        },
      ],
    },
  ]);
  const [cloudAnchor] = server.people.keys();
  expect(locateForWriteback(store, cloudAnchor ?? '')).toMatchObject({
    kind: 'found',
    forest: FOREST,
    objectGuid: guid(1),
  });
});

test('sends nothing when nothing changed', async () => {
  people = [person(1), person(2, { userAccountControl: ['514'] })];
  await cycle();
  const report = await cycle();
  expect(server.requests).toHaveLength(1);
  expect(report.exported).toEqual({ created: 0, updated: 0, deleted: 0, refused: 0 });
});

test('sends at most 100 operations in a request', async () => {
  people = Array.from({ length: 250 }, (_, n) => person(n));
  const progress: CycleProgress[] = [];
  await cycle({ onProgress: (one) => void progress.push(one) });
  expect(server.requests.map(({ operations }) => operations.length)).toEqual([100, 100, 50]);
  expect(server.people.size).toBe(250);
  expect(progress.filter(({ step }) => step === 'import').map(({ done }) => done)).toEqual([
    50, 100, 150, 200, 250,
  ]);
  expect(progress.at(-1)).toEqual({ step: 'export', done: 250 });
});

test('updates, disables and deletes in the cloud as the directory did', async () => {
  people = [person(1), person(2), person(3)];
  await cycle();
  people = [person(1, { displayName: ['Renamed'] }), person(2, { userAccountControl: ['514'] })];
  const report = await cycle();
  expect(report.exported).toEqual({ created: 0, updated: 2, deleted: 1, refused: 0 });
  expect([...server.people.values()].map(({ displayName, active }) => [displayName, active])).toEqual([
    ['Renamed', true],
    ['Person 2', false],
  ]);
});

test('a refused person does not stop the others, is kept with the reason and tried again', async () => {
  people = [person(1), person(2), person(3)];
  server.refuse = ({ data }) =>
    data?.userName.startsWith('person2')
      ? { status: '409', detail: 'belongs to a cloud-only account', scimType: 'uniqueness' }
      : undefined;
  const report = await cycle();
  expect(report.exported).toMatchObject({ created: 2, refused: 1 });
  expect(store.cloudObjectBySourceAnchor(anchorOfGuid(guid(2)))?.error).toMatchObject({
    status: '409',
    detail: 'uniqueness: belongs to a cloud-only account',
  });
  const warnings = () => logged.filter(({ level }) => level === 'warn').length;
  expect(warnings()).toBe(1);
  await cycle();
  expect(warnings()).toBe(1);
  server.refuse = () => undefined;
  expect((await cycle()).exported).toEqual({ created: 1, updated: 0, deleted: 0, refused: 0 });
  expect(server.people.size).toBe(3);
});

test('hands a userName from one person to another in one cycle', async () => {
  people = [person(1), person(2)];
  await cycle();
  people = [
    person(1, { userPrincipalName: ['person2@corp.example.com'] }),
    person(2, { userPrincipalName: ['new@corp.example.com'] }),
  ];
  expect((await cycle()).exported).toMatchObject({ refused: 0 });
  expect([...server.people.values()].map(({ userName }) => userName)).toEqual([
    'person2@corp.example.com',
    'new@corp.example.com',
  ]);
});

test('fails with a named code while the cloud is away, and picks up in the next cycle', async () => {
  people = [person(1)];
  server.before = ['hang up'];
  await expect(cycle()).rejects.toMatchObject({ code: 'ERR_CLOUD_UNREACHABLE' });
  expect((await cycle()).exported).toMatchObject({ created: 1 });
});

test('an answer that was lost on the way makes nobody twice', async () => {
  people = [person(1), person(2)];
  server.loseAnswers = 1;
  await expect(cycle()).rejects.toMatchObject({ code: 'ERR_CLOUD_UNREACHABLE' });
  expect(server.people.size).toBe(2);
  const before = [...server.people.keys()];
  await cycle();
  expect([...server.people.keys()]).toEqual(before);
  const located = locateForWriteback(store, before[0] ?? '');
  expect(located).toMatchObject({ kind: 'found', objectGuid: guid(1) });
});

test('makes a person anew whom the cloud has lost', async () => {
  people = [person(1)];
  await cycle();
  server.people.clear();
  people = [person(1, { displayName: ['Renamed'] })];
  await cycle();
  const [[cloudAnchor, held] = []] = server.people;
  expect(held?.['displayName']).toBe('Renamed');
  expect(locateForWriteback(store, cloudAnchor ?? '').kind).toBe('found');
});

test('deletes nobody when the directory shows nobody, until that is confirmed', async () => {
  people = [person(1), person(2)];
  await cycle();
  people = [];
  const held = await cycle();
  expect(held.imported.sweep).toMatchObject({ kind: 'held', missing: 2 });
  expect(server.people.size).toBe(2);
  confirmDeletions(store, FOREST);
  expect((await cycle()).heldInCloud).toEqual({ deletions: 2, of: 2 });
  confirmDeletions(store, 'cloud');
  expect((await cycle()).exported).toMatchObject({ deleted: 2 });
});

test('a read that breaks off deletes nobody and keeps what it saw', async () => {
  people = [person(1), person(2)];
  await cycle();
  const broken = cycle({
    directory: {
      async *people() {
        yield [person(3)];
        throw new Error('the controller hung up');
      },
    },
  });
  await expect(broken).rejects.toThrow('the controller hung up');
  expect(store.countDirectoryObjects(FOREST)).toBe(3);
  people = [person(1), person(2), person(3)];
  expect((await cycle()).exported).toMatchObject({ created: 1, deleted: 0 });
});

test('applies a changed configuration to everybody', async () => {
  people = [person(1), person(2)];
  await cycle();
  const include = ['OU=Elsewhere,DC=corp,DC=example,DC=com'];
  const asked: unknown[] = [];
  const report = await cycle({
    configuration: syncConfigurationOf([{ ...corp, include }]),
    directory: {
      async *people(query) {
        asked.push(query.searchBases);
        yield people;
      },
    },
  });
  expect(asked).toEqual([include]);
  expect(report.heldInCloud).toEqual({ deletions: 2, of: 2 });
});

test('exports nobody before every forest was imported once, where people are matched across them', async () => {
  people = [person(1)];
  const other = { sid: 'S-1-5-21-4-5-6', domain: 'merger.example.com', netbiosName: 'MERGER' };
  const configuration = syncConfigurationOf([corp, other], { by: 'mail' });
  expect((await cycle({ configuration })).waitingFor).toEqual([other.sid]);
  expect(server.requests).toEqual([]);
  const [report] = await Promise.all([cycle({ configuration, forest: other.sid }), cycle({ configuration })]);
  expect(report?.waitingFor).toEqual([]);
  expect(server.people.size).toBe(1);
});

test('names whoever cannot be told from another, once', async () => {
  const anchor = { 'mS-DS-ConsistencyGuid': [guid(77)] };
  people = [person(1, anchor), person(2, anchor), person(3)];
  const warnings = () =>
    logged.filter(({ level }) => level === 'warn').map(({ fields }) => (fields as { dn: string }).dn);
  expect((await cycle()).exported).toMatchObject({ created: 1 });
  await cycle();
  expect(warnings()).toEqual([people[0]?.dn, people[1]?.dn]);
  people = [person(1, anchor), person(2), person(3)];
  expect((await cycle()).exported).toMatchObject({ created: 2 });
  expect(warnings()).toHaveLength(2);
});

test('ends at a signal between two steps', async () => {
  people = [person(1)];
  const controller = new AbortController();
  const run = cycle({ signal: controller.signal, onProgress: () => controller.abort() });
  await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  await cycle();
  expect(server.people.size).toBe(1);
});

test('brings groups with their members, nested ones too, in one cycle', async () => {
  people = [person(1), person(2)];
  const group = (n: number, members: number[]) => ({
    objectGuid: guid(n),
    dn: `CN=group${n},OU=Groups,DC=corp,DC=example,DC=com`,
    attributes: { sAMAccountName: [`group${n}`] },
    members: members.map(guid),
  });
  let groups = [group(10, [1, 11]), group(11, [2])];
  const withGroups = {
    configuration: syncConfigurationOf([corp], undefined, { groups: true }),
    directory: {
      async *people() {
        yield people;
      },
      async *groups() {
        yield groups;
      },
    },
  };
  const membersOf = () =>
    [...server.groups.values()].map(({ displayName, members }) => [
      displayName,
      (members as { value: string }[]).map(
        ({ value }) => server.people.get(value)?.userName ?? server.groups.get(value)?.['displayName'],
      ),
    ]);
  expect((await cycle(withGroups)).exported).toMatchObject({ created: 4, refused: 0 });
  expect(membersOf()).toEqual([
    ['group10', expect.arrayContaining(['person1@corp.example.com', 'group11'])],
    ['group11', ['person2@corp.example.com']],
  ]);
  groups = [group(10, [2])];
  expect((await cycle(withGroups)).exported).toEqual({ created: 0, updated: 1, deleted: 1, refused: 0 });
  expect(membersOf()).toEqual([['group10', ['person2@corp.example.com']]]);
  expect((await cycle(withGroups)).exported).toEqual({ created: 0, updated: 0, deleted: 0, refused: 0 });
});
