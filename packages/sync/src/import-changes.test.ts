import { expect, test } from 'vitest';
import { configure } from './configuration.ts';
import { CORP, emptyStore, fullImport, guid, person } from './forest.fixture.ts';
import { type Changes, cookieFor, forgetCookie, importChanges } from './import-changes.ts';
import type { SyncStore } from './sync-store.ts';
import { synchronise } from './synchronise.ts';

const ROOT = 'DC=corp,DC=example,DC=com';
const configuration = configure({
  forests: [
    { id: CORP, domains: [{ name: 'corp.example.com', netbiosName: 'CORP' }], exclude: [`OU=Left,${ROOT}`] },
  ],
});
const nothing: Changes = { objects: [], deleted: [], containers: [] };
const asked = { namingContext: ROOT, controller: guid(900), covers: 'mail,sn' };

function namesIn(store: SyncStore): (string | undefined)[] {
  synchronise(store, configuration);
  return store.metaverseObjectsAfter(0, 99).map(({ attributes }) => attributes['sAMAccountName']?.[0]);
}

test('takes in what changed and what was deleted, and leaves the rest alone', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, [person(1), person(2), person(3)]);
  expect(namesIn(store)).toHaveLength(3);
  const counts = importChanges(store, configuration, CORP, {
    ...nothing,
    objects: [person(1, { displayName: ['Renamed'] }), person(4)],
    deleted: [guid(2), guid(77)],
  });
  expect(counts).toEqual({ added: 1, changed: 1, deleted: 1, moved: 0, unreadable: [] });
  expect(store.countQueued()).toBe(2);
  expect(namesIn(store)).toEqual(['person1', 'person3', 'person4']);
});

test('keeps the cookie with the page, or neither', () => {
  const store = emptyStore();
  const cookie = { ...asked, value: 'AAEC' };
  importChanges(store, configuration, CORP, { ...nothing, objects: [person(1)], cookie });
  expect(cookieFor(store, CORP, asked)).toBe('AAEC');
  const broken = {
    ...store,
    setFact: () => {
      throw new Error('disk full');
    },
  };
  expect(() =>
    importChanges(broken, configuration, CORP, {
      ...nothing,
      objects: [person(2)],
      cookie: { ...cookie, value: 'AAED' },
    }),
  ).toThrow('disk full');
  expect(cookieFor(store, CORP, asked)).toBe('AAEC');
  expect(store.countDirectoryObjects(CORP)).toBe(1);
});

test('a cookie serves only the controller, the naming context and the question that it was given for', () => {
  const store = emptyStore();
  importChanges(store, configuration, CORP, { ...nothing, cookie: { ...asked, value: 'AAEC' } });
  expect(cookieFor(store, CORP, { ...asked, namingContext: ROOT.toLowerCase() })).toBe('AAEC');
  expect(cookieFor(store, CORP, { ...asked, controller: guid(901) })).toBeUndefined();
  expect(cookieFor(store, CORP, { ...asked, covers: 'mail' })).toBeUndefined();
  expect(cookieFor(store, 'S-1-5-21-9-9-9', asked)).toBeUndefined();
  forgetCookie(store, CORP, asked);
  expect(cookieFor(store, CORP, asked)).toBeUndefined();
});

test('a renamed container takes everybody below it along, out of a filter and into one', () => {
  const store = emptyStore();
  const sales = { objectGuid: guid(500), dn: `OU=Sales,${ROOT}` };
  const inner = { objectGuid: guid(501), dn: `OU=Inner,${sales.dn}` };
  importChanges(store, configuration, CORP, {
    ...nothing,
    containers: [sales, inner],
    objects: [
      person(1, {}, `CN=one,${sales.dn}`),
      person(2, {}, `CN=two,${inner.dn}`),
      person(3, {}, `CN=three,OU=Other,${ROOT}`),
    ],
  });
  expect(namesIn(store)).toHaveLength(3);

  const left = { ...sales, dn: `OU=Left,${ROOT}` };
  expect(importChanges(store, configuration, CORP, { ...nothing, containers: [left] })).toMatchObject({
    moved: 2,
  });
  expect(store.directoryObjectByGuid(CORP, guid(2))?.dn).toBe(`CN=two,OU=Inner,OU=Left,${ROOT}`);
  expect(namesIn(store)).toEqual(['person3']);

  const back = { ...inner, dn: `OU=Inner,${ROOT}` };
  importChanges(store, configuration, CORP, { ...nothing, containers: [back] });
  expect(namesIn(store)).toEqual(['person3', 'person2']);
});

test('an object that moved out of a container that was renamed too keeps its own new place', () => {
  const store = emptyStore();
  const sales = { objectGuid: guid(500), dn: `OU=Sales,${ROOT}` };
  importChanges(store, configuration, CORP, {
    ...nothing,
    containers: [sales],
    objects: [person(1, {}, `CN=one,${sales.dn}`)],
  });
  importChanges(store, configuration, CORP, {
    ...nothing,
    containers: [{ ...sales, dn: `OU=Left,${ROOT}` }],
    objects: [person(1, {}, `CN=one,OU=Other,${ROOT}`)],
  });
  expect(namesIn(store)).toEqual(['person1']);
});

test('a container that is told again as it was costs nothing', () => {
  const store = emptyStore();
  const sales = { objectGuid: guid(500).toUpperCase(), dn: `OU=Sales,${ROOT}` };
  for (const moved of [0, 0])
    expect(importChanges(store, configuration, CORP, { ...nothing, containers: [sales] })).toMatchObject({
      moved,
    });
  importChanges(store, configuration, CORP, { ...nothing, deleted: [sales.objectGuid] });
  expect(store.containerDns(CORP)).toEqual([]);
});

test('two containers that exchange their names take their own people along', () => {
  const store = emptyStore();
  const [one, other] = [guid(500), guid(501)];
  const named = (objectGuid: string, name: string) => ({ objectGuid, dn: `OU=${name},${ROOT}` });
  importChanges(store, configuration, CORP, {
    ...nothing,
    containers: [named(one, 'One'), named(other, 'Other')],
    objects: [person(1, {}, `CN=one,OU=One,${ROOT}`), person(2, {}, `CN=two,OU=Other,${ROOT}`)],
  });
  const { moved } = importChanges(store, configuration, CORP, {
    ...nothing,
    containers: [named(one, 'Other'), named(other, 'One')],
  });
  expect(moved).toBe(2);
  expect(store.directoryObjectByGuid(CORP, guid(1))?.dn).toBe(`CN=one,OU=Other,${ROOT}`);
  expect(store.directoryObjectByGuid(CORP, guid(2))?.dn).toBe(`CN=two,OU=One,${ROOT}`);
});

test('who was read under a name that the container had for a moment follows its next one', () => {
  const store = emptyStore();
  const sales = (name: string) => ({ objectGuid: guid(500), dn: `OU=${name},${ROOT}` });
  const inner = (dn: string) => ({ objectGuid: guid(501), dn: `OU=Inner,${dn}` });
  importChanges(store, configuration, CORP, {
    ...nothing,
    containers: [sales('A'), inner(sales('A').dn)],
    objects: [person(1, {}, `CN=one,OU=A,${ROOT}`)],
  });
  importChanges(store, configuration, CORP, {
    ...nothing,
    containers: [inner(sales('B').dn), sales('B')],
    objects: [person(2, {}, `CN=two,OU=Inner,OU=B,${ROOT}`)],
  });
  importChanges(store, configuration, CORP, { ...nothing, containers: [sales('C')] });
  expect(store.directoryObjectByGuid(CORP, guid(1))?.dn).toBe(`CN=one,OU=C,${ROOT}`);
  expect(store.directoryObjectByGuid(CORP, guid(2))?.dn).toBe(`CN=two,OU=Inner,OU=C,${ROOT}`);
});
