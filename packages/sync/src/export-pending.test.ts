import { expect, test } from 'vitest';
import { takePendingExports } from './export-pending.ts';
import {
  accept,
  CORP,
  cloudAnchorFor,
  emptyStore,
  exportAll,
  fullImport,
  guid,
  person,
  twoForests,
} from './forest.fixture.ts';
import { importDeletions, importObjects } from './import-objects.ts';
import { anchorOfGuid } from './source-anchor.ts';
import { synchronise } from './synchronise.ts';

const configuration = twoForests();
const anchor = anchorOfGuid(guid(1));

function storeWith(...numbers: number[]) {
  const store = emptyStore();
  const people = numbers.map((n) => person(n));
  fullImport(store, configuration, CORP, people);
  synchronise(store, configuration);
  return store;
}

test('creates, then has nothing more to do', () => {
  const store = storeWith(1, 2);
  expect(exportAll(store).map(({ kind }) => kind)).toEqual(['create', 'create']);
  expect(exportAll(store)).toEqual([]);
  expect(store.cloudObjectByCloudAnchor(cloudAnchorFor(anchor))?.sourceAnchor).toBe(anchor);
});

test('updates by cloudAnchor what changed', () => {
  const store = storeWith(1);
  exportAll(store);
  importObjects(store, configuration, CORP, [person(1, { displayName: ['New name'] })]);
  synchronise(store, configuration);
  expect(exportAll(store)).toMatchObject([
    {
      kind: 'update',
      cloudAnchor: cloudAnchorFor(anchor),
      attributes: { displayName: ['New name'] },
    },
  ]);
  expect(exportAll(store)).toEqual([]);
});

test('keeps a refused one with its reason, touches no other, and tries again', () => {
  const store = storeWith(1, 2);
  const refuseFirst = (operation: Parameters<typeof accept>[0]) =>
    operation.sourceAnchor === anchor
      ? { kind: 'refused' as const, status: '409', detail: 'userName is taken' }
      : accept(operation);
  exportAll(store, refuseFirst);
  const again = exportAll(store, refuseFirst);
  expect(again).toMatchObject([{ kind: 'create', sourceAnchor: anchor }]);
  expect(store.cloudObjectBySourceAnchor(anchor)?.error).toEqual({
    status: '409',
    detail: 'userName is taken',
    at: 1_000,
    attempts: 2,
  });
  const page = takePendingExports(store, 'provision', 'user', { after: 0, limit: 9, retry: 'never' });
  expect(page.operations).toEqual([]);
  exportAll(store);
  expect(store.cloudObjectBySourceAnchor(anchor)?.error).toBeUndefined();
});

test('sends again what was sent and never answered, even if the old value is wanted again', () => {
  const store = storeWith(1);
  exportAll(store);
  importObjects(store, configuration, CORP, [person(1, { displayName: ['For a moment'] })]);
  synchronise(store, configuration);
  takePendingExports(store, 'provision', 'user', { after: 0, limit: 9, retry: 'always' });
  importObjects(store, configuration, CORP, [person(1)]);
  synchronise(store, configuration);
  expect(exportAll(store)).toMatchObject([{ kind: 'update', attributes: { displayName: ['Person 1'] } }]);
});

test('deletes a person whose creation was never answered: asks for the cloudAnchor first', () => {
  const store = storeWith(1, 2);
  takePendingExports(store, 'provision', 'user', { after: 0, limit: 9, retry: 'always' });
  importDeletions(store, CORP, [guid(1)]);
  synchronise(store, configuration);
  const sent = [...exportAll(store), ...exportAll(store)];
  expect(sent.filter(({ sourceAnchor }) => sourceAnchor === anchor).map(({ kind }) => kind)).toEqual([
    'create',
    'delete',
  ]);
  expect(store.cloudObjectBySourceAnchor(anchor)).toBeUndefined();
});

test('a person who was never sent needs no deletion', () => {
  const store = storeWith(1, 2);
  importDeletions(store, CORP, [guid(1)]);
  synchronise(store, configuration);
  expect(exportAll(store)).toMatchObject([{ kind: 'create', sourceAnchor: anchorOfGuid(guid(2)) }]);
});

test('creates anew whom the cloud lost, and takes a lost one that leaves as deleted', () => {
  const store = storeWith(1, 2);
  exportAll(store);
  importObjects(store, configuration, CORP, [person(1, { displayName: ['New name'] })]);
  importDeletions(store, CORP, [guid(2)]);
  synchronise(store, configuration);
  exportAll(store, () => ({ kind: 'gone' }));
  expect(store.countCloudObjects()).toBe(1);
  expect(exportAll(store)).toMatchObject([{ kind: 'create', sourceAnchor: anchor }]);
});

test('accepts no cloudAnchor that belongs to another object', () => {
  const store = storeWith(1, 2);
  exportAll(store, () => ({ kind: 'accepted', cloudAnchor: guid(5) }));
  expect(store.cloudObjectBySourceAnchor(anchor)?.cloudAnchor).toBe(guid(5));
  const second = store.cloudObjectBySourceAnchor(anchorOfGuid(guid(2)));
  expect(second?.cloudAnchor).toBeUndefined();
  expect(second?.error?.detail).toContain('another object');
});
