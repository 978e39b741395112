import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { confirmDeletions, ORPHANS } from '@homeward/sync';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { confirmCloud } from './confirm-cloud.ts';
import { openSyncStore } from './open-sync-store.ts';
import { runFullCycle } from './run-full-cycle.ts';
import { type ScimServer, startScimServer } from './scim-server.fixture.ts';
import { syncConfigurationOf } from './sync-configuration.ts';

const FOREST = 'S-1-5-21-1-2-3';
const silent = { debug() {}, info() {}, warn() {}, error() {} };

let server: ScimServer;
let folder: string;
let store: ReturnType<typeof openSyncStore>;

beforeEach(async () => {
  server = await startScimServer();
  folder = mkdtempSync(join(tmpdir(), 'homeward-confirm-'));
  store = openSyncStore(folder);
});
afterEach(async () => {
  store.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

const guid = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
const object = (n: number, more: Record<string, string[]> = {}) => ({
  objectGuid: guid(n),
  dn: `CN=Object ${n},DC=corp,DC=example,DC=com`,
  attributes: { sAMAccountName: [`object${n}`], userAccountControl: ['512'], ...more },
});
const everybody = [1, 2, 3, 4, 5].map((n) =>
  object(n, { mail: [`p${n}@example.com`], givenName: ['Una'], sn: ['West'], displayName: [`Una ${n}`] }),
);

function deps() {
  return {
    store,
    configuration: syncConfigurationOf(
      [{ sid: FOREST, domain: 'corp.example.com', netbiosName: 'CORP' }],
      undefined,
      {
        groups: true,
      },
    ),
    cloud: {
      url: server.url,
      authorize: async () => ({ authorization: 'DPoP token' }),
      fetch: globalThis.fetch,
    },
    log: silent,
    clock: { now: Date.now },
  };
}

async function synchronise(): Promise<void> {
  const directory = {
    async *people() {
      yield everybody;
    },
    async *groups() {
      yield [
        {
          ...object(9, { description: ['All of them'] }),
          members: everybody.map(({ objectGuid }) => objectGuid),
        },
      ];
    },
  };
  await runFullCycle({ ...deps(), directory, forest: FOREST });
}

test('what was exported comes back as it went, over several pages, and nothing is sent for it', async () => {
  await synchronise();
  server.requests.length = 0;
  const { cloud, exported } = await confirmCloud(deps());
  expect(cloud).toEqual({ confirmed: 6, differing: 0, lost: 0, orphaned: 0, foreign: 0 });
  expect(exported).toEqual({ created: 0, updated: 0, deleted: 0, refused: 0 });
  expect(server.requests).toEqual([]);
});

test('a cloud that was restored from an old backup is brought up to date', async () => {
  await synchronise();
  const [lost = '', changed = ''] = [...server.people.keys()];
  const before = server.people.get(lost);
  server.people.delete(lost);
  const other = server.people.get(changed);
  if (other) server.people.set(changed, { ...other, active: false });
  const { cloud, exported } = await confirmCloud(deps());
  expect(cloud).toMatchObject({ confirmed: 4, differing: 1, lost: 1 });
  expect(exported).toMatchObject({ created: 1, updated: 2 });
  expect(server.people.get(changed)).toEqual(other);
  const [again, person] =
    [...server.people].find(([, { externalId }]) => externalId === before?.externalId) ?? [];
  expect(person).toEqual(before);
  const [group] = [...server.groups.values()];
  expect(group?.['members']).toContainEqual({ value: again });
});

test('with a new store, whom the cloud still has of nobody is held, and goes when that is confirmed', async () => {
  everybody.push(object(6));
  await synchronise();
  everybody.pop();
  store.close();
  rmSync(join(folder, 'sync.db'));
  for (const end of ['-wal', '-shm']) rmSync(join(folder, `sync.db${end}`), { force: true });
  store = openSyncStore(folder);
  await synchronise();
  expect((await confirmCloud(deps())).cloud).toMatchObject({ confirmed: 6, orphaned: 1 });
  expect(server.people.size).toBe(6);
  confirmDeletions(store, ORPHANS);
  expect((await confirmCloud(deps())).exported).toMatchObject({ deleted: 1 });
  expect(server.people.size).toBe(5);
});
