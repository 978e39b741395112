import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { locateForWriteback } from '@homeward/sync';
import { syncStoreContract } from '@homeward/sync/sync-store.contract';
import { afterEach, expect, test } from 'vitest';
import { openLinkReader, openSyncStore } from './open-sync-store.ts';
import { MIGRATIONS } from './sync-schema.ts';

const opened: { close: () => void }[] = [];
const folders: string[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'homeward-sync-'));
  folders.push(folder);
  return folder;
}

function openIn(folder: string) {
  const store = openSyncStore(folder);
  opened.push(store);
  return store;
}

afterEach(() => {
  for (const one of opened.splice(0)) one.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

syncStoreContract(() => openIn(newFolder()));

test('keeps what was committed when it is opened again, readable by its owner alone', () => {
  const folder = newFolder();
  const first = openSyncStore(folder);
  first.transaction(() => first.setFact('a', '1'));
  first.close();
  expect(openIn(folder).fact('a')).toBe('1');
  expect(statSync(join(folder, 'sync.db')).mode & 0o777).toBe(0o600);
});

test('refuses a store that a later version wrote, and leaves it as it is', () => {
  const folder = newFolder();
  openSyncStore(folder).close();
  const raw = new DatabaseSync(join(folder, 'sync.db'));
  raw.exec('PRAGMA user_version = 99');
  raw.close();
  expect(() => openSyncStore(folder)).toThrowError(expect.objectContaining({ code: 'ERR_SYNC_STORE_NEWER' }));
});

test('brings a store of an earlier version up to date, with what it holds', () => {
  const folder = newFolder();
  const [first = ''] = MIGRATIONS;
  const raw = new DatabaseSync(join(folder, 'sync.db'));
  raw.exec(`${first}; PRAGMA user_version = 1; INSERT INTO fact VALUES ('a', '1')`);
  raw.close();
  const store = openIn(folder);
  expect(store.fact('a')).toBe('1');
  expect(store.refusedMetaverseObjects(1)).toEqual([]);
  store.close();
  opened.pop();
  const after = new DatabaseSync(join(folder, 'sync.db'));
  expect(after.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length });
  after.close();
});

test('says by name that a file is no sync store', () => {
  expect(() => openSyncStore(join(newFolder(), 'missing'))).toThrowError(
    expect.objectContaining({ code: 'ERR_SYNC_STORE_UNUSABLE' }),
  );
});

test('locates on a second connection while the first one is writing, from the last commit', () => {
  const folder = newFolder();
  const store = openIn(folder);
  const cloudAnchor = '00000000-0000-4000-8000-000000000001';
  const reader = openLinkReader(folder);
  opened.push(reader);
  const locate = () => reader.snapshot(() => locateForWriteback(reader, cloudAnchor));
  store.transaction(() => {
    store.addCloudObject({
      objectType: 'user',
      sourceAnchor: 'DwAAAAAAAAAAAAAAAAAAAA==',
      cloudAnchor,
      link: undefined,
      desired: undefined,
      confirmed: {},
      unanswered: undefined,
      error: undefined,
    });
    expect(locate()).toMatchObject({ kind: 'missing', missing: 'cloudObject' });
  });
  expect(locate()).toMatchObject({ kind: 'missing', missing: 'metaverseLink' });
});
