import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChangePage, ChangeSource } from './import-directory-changes.ts';
import type { Person } from './import-people.ts';
import { openSyncStore } from './open-sync-store.ts';
import { runChangeCycle } from './run-change-cycle.ts';
import { type ScimServer, startScimServer } from './scim-server.fixture.ts';
import { syncConfigurationOf } from './sync-configuration.ts';

const FOREST = 'S-1-5-21-1-2-3';
const ROOT = 'DC=corp,DC=example,DC=com';
const CONTROLLER = '00000000-0000-4000-8000-0000000000aa';

let server: ScimServer;
let folder: string;
let store: ReturnType<typeof openSyncStore>;
let changes: Partial<ChangePage>[];
let everybody: Person[];
let controller: string;

beforeEach(async () => {
  server = await startScimServer();
  folder = mkdtempSync(join(tmpdir(), 'homeward-changes-'));
  store = openSyncStore(folder);
  changes = [];
  everybody = [];
  controller = CONTROLLER;
});

afterEach(async () => {
  store.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

const guid = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

function person(n: number, displayName = `Person ${n}`): Person {
  return {
    objectGuid: guid(n),
    dn: `CN=person${n},OU=People,${ROOT}`,
    attributes: {
      sAMAccountName: [`person${n}`],
      displayName: [displayName],
      userAccountControl: ['512'],
    },
  };
}

/** A log of changes: the cookie is the place in it. Without one, everybody is shown. */
const directory: ChangeSource = {
  async *changes({ cookieFor }) {
    const where = { controller, namingContext: ROOT };
    const cookie = cookieFor(where);
    const page = { ...where, people: [], deleted: [], containers: [] };
    const end = String(changes.length);
    if (cookie === undefined) {
      for (let at = 0; at < everybody.length; at += 2)
        yield { ...page, isFull: true, people: everybody.slice(at, at + 2), cookie: end };
      if (everybody.length === 0) yield { ...page, isFull: true, cookie: end };
      return;
    }
    for (let at = Number(cookie); at < changes.length; at++) {
      if (changes[at]?.controller === 'broken') throw new Error('the controller hung up');
      yield { ...page, isFull: false, ...changes[at], cookie: String(at + 1) };
    }
  },
};

function cycle(full = false) {
  return runChangeCycle({
    directory,
    store,
    cloud: { url: server.url, authorize: async () => ({ authorization: 'DPoP t' }), fetch: globalThis.fetch },
    configuration: syncConfigurationOf([{ sid: FOREST, domain: 'corp.example.com', netbiosName: 'CORP' }]),
    forest: FOREST,
    full,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    clock: { now: () => 1_000 },
  });
}

test('reads everything once, then only what changed', async () => {
  everybody = [person(1), person(2), person(3)];
  expect((await cycle()).imported).toMatchObject({ mode: 'full', added: 3, sweep: { kind: 'swept' } });
  changes = [{ people: [person(1, 'Renamed')] }, { people: [person(4)], deleted: [guid(2)] }];
  const { imported, exported } = await cycle();
  expect(imported).toEqual({
    mode: 'delta',
    seen: 2,
    added: 1,
    changed: 1,
    deleted: 1,
    moved: 0,
    unreadable: 0,
    sweep: undefined,
  });
  expect(exported).toEqual({ created: 1, updated: 1, deleted: 1, refused: 0 });
  expect([...server.people.values()].map(({ displayName }) => displayName)).toEqual([
    'Renamed',
    'Person 3',
    'Person 4',
  ]);
  expect((await cycle()).imported).toMatchObject({ mode: 'delta', seen: 0 });
});

test('goes on after the last page that was taken in when a reading breaks off', async () => {
  everybody = [person(1), person(2)];
  await cycle();
  changes = [{ people: [person(1, 'First')] }, { controller: 'broken' }, { people: [person(2, 'Second')] }];
  await expect(cycle()).rejects.toThrow('the controller hung up');
  changes[1] = {};
  expect((await cycle()).imported).toMatchObject({ seen: 1, changed: 1 });
  expect([...server.people.values()].map(({ displayName }) => displayName)).toEqual(['First', 'Second']);
});

test('reads everything where another controller answers, and comes back to the first one’s cookie', async () => {
  everybody = [person(1)];
  await cycle();
  controller = '00000000-0000-4000-8000-0000000000bb';
  expect((await cycle()).imported.mode).toBe('full');
  controller = CONTROLLER;
  expect((await cycle()).imported.mode).toBe('delta');
});

test('a full cycle finds deletions that changes did not show', async () => {
  everybody = [person(1), person(2)];
  await cycle();
  everybody = [person(1)];
  expect((await cycle()).imported).toMatchObject({ mode: 'delta', deleted: 0 });
  expect((await cycle(true)).imported).toMatchObject({ mode: 'full', deleted: 1 });
  expect(server.people.size).toBe(1);
});

test('a full reading that breaks off leaves no cookie behind', async () => {
  everybody = [person(1), person(2), person(3)];
  const broken: ChangeSource = {
    async *changes(query) {
      for await (const page of directory.changes(query)) {
        yield page;
        throw new Error('the controller hung up');
      }
    },
  };
  const run = runChangeCycle({
    directory: broken,
    store,
    cloud: { url: server.url, authorize: async () => ({ authorization: 'DPoP t' }), fetch: globalThis.fetch },
    configuration: syncConfigurationOf([{ sid: FOREST, domain: 'corp.example.com', netbiosName: 'CORP' }]),
    forest: FOREST,
    full: false,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    clock: { now: () => 1_000 },
  });
  await expect(run).rejects.toThrow('the controller hung up');
  expect((await cycle()).imported).toMatchObject({ mode: 'full', seen: 3, added: 1 });
});
