import { expect, test } from 'vitest';
import { confirmDeletions, heldDeletions } from './delete-protection.ts';
import { CORP, emptyStore, exportAll, fullImport, guid, person, twoForests } from './forest.fixture.ts';
import { beginFullImport, finishFullImport, importDeletions, importObjects } from './import-objects.ts';
import { synchronise } from './synchronise.ts';

const configuration = twoForests();
const people = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => person(from + at));

test('counts what is new, changed and as it was, and queues only those that changed', () => {
  const store = emptyStore();
  expect(importObjects(store, configuration, CORP, people(0, 3))).toEqual({
    added: 3,
    changed: 0,
    unchanged: 0,
    unreadable: [],
  });
  synchronise(store, configuration);
  const again = [person(0), person(1, { displayName: ['Renamed'] }), person(3)];
  expect(importObjects(store, configuration, CORP, again)).toMatchObject({
    added: 1,
    changed: 1,
    unchanged: 1,
  });
  expect(store.countQueued()).toBe(2);
});

test('takes values in another order for the same', () => {
  const store = emptyStore();
  importObjects(store, configuration, CORP, [person(1, { mail: ['a@example.com', 'b@example.com'] })]);
  const other = person(1, { mail: ['b@example.com', 'a@example.com'] });
  expect(importObjects(store, configuration, CORP, [other])).toMatchObject({ unchanged: 1 });
});

test('a full import deletes whom the forest no longer shows', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, people(0, 3));
  synchronise(store, configuration);
  exportAll(store);
  expect(fullImport(store, configuration, CORP, people(1, 3))).toEqual({ kind: 'swept', deleted: 1 });
  synchronise(store, configuration);
  expect(store.countDirectoryObjects(CORP)).toBe(2);
  expect(store.metaverseObjectsAfter(0, 9)).toHaveLength(2);
  expect(exportAll(store)).toMatchObject([{ kind: 'delete' }]);
  expect(store.countCloudObjects()).toBe(2);
});

test('holds the deletion of everybody until it is confirmed', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, people(0, 3));
  synchronise(store, configuration);
  exportAll(store);
  const held = { kind: 'held', because: 'threshold', missing: 3, of: 3 };
  expect(fullImport(store, configuration, CORP, [])).toEqual(held);
  expect(heldDeletions(store, CORP)).toEqual({ deletions: 3, of: 3 });
  synchronise(store, configuration);
  expect(store.metaverseObjectsAfter(0, 9)).toHaveLength(3);

  expect(confirmDeletions(store, CORP)).toEqual({ deletions: 3, of: 3 });
  expect(fullImport(store, configuration, CORP, [])).toEqual({ kind: 'swept', deleted: 3 });
  expect(heldDeletions(store, CORP)).toBeUndefined();
  synchronise(store, configuration);
  expect(exportAll(store)).toEqual([]);
  expect(heldDeletions(store, 'cloud')).toEqual({ deletions: 3, of: 3 });
  confirmDeletions(store, 'cloud');
  expect(exportAll(store)).toHaveLength(3);
});

test('holds more than 500 deletions if they are more than 5 % too', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, people(0, 2000));
  expect(fullImport(store, configuration, CORP, people(501, 2000))).toMatchObject({
    kind: 'held',
    missing: 501,
  });
  expect(fullImport(store, configuration, CORP, people(500, 2000))).toEqual({ kind: 'swept', deleted: 500 });
});

test('holds deletions again when more are missing than were confirmed', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, people(0, 2000));
  fullImport(store, configuration, CORP, people(600, 2000));
  confirmDeletions(store, CORP);
  expect(fullImport(store, configuration, CORP, people(601, 2000))).toMatchObject({ missing: 601 });
  expect(fullImport(store, configuration, CORP, people(600, 2000))).toEqual({ kind: 'swept', deleted: 600 });
});

test('deletes nobody while an object could not be read, for nobody knows whose it is', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, people(0, 3));
  const unreadable = { ...person(9), objectGuid: 'garbled' };
  beginFullImport(store, CORP);
  const counts = importObjects(store, configuration, CORP, [...people(1, 3), unreadable]);
  expect(counts.unreadable).toEqual([{ dn: unreadable.dn, reason: 'its objectGUID is no GUID' }]);
  expect(finishFullImport(store, CORP, { unreadable: 1 })).toMatchObject({
    kind: 'held',
    because: 'unreadable',
  });
  expect(store.countDirectoryObjects(CORP)).toBe(3);
});

test('an object that returns with the same GUID is the same person', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, people(0, 2));
  synchronise(store, configuration);
  exportAll(store);
  const anchor = store.metaverseObjectsAfter(0, 9)[0]?.sourceAnchor;
  expect(importDeletions(store, CORP, [guid(0).toUpperCase(), guid(77)])).toBe(1);
  synchronise(store, configuration);
  importObjects(store, configuration, CORP, [person(0)]);
  synchronise(store, configuration);
  expect(store.metaverseObjectsAfter(0, 9).map((one) => one.sourceAnchor)).toContain(anchor);
  expect(exportAll(store)).toEqual([]);
});

test('refuses a forest that is not configured', () => {
  expect(() => importObjects(emptyStore(), configuration, 'S-1-5-21-9-9-9', [])).toThrowError(
    expect.objectContaining({ code: 'ERR_SYNC_UNKNOWN_FOREST' }),
  );
});
