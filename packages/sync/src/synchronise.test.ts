import { expect, test } from 'vitest';
import { configure } from './configuration.ts';
import {
  CORP,
  DISABLED,
  emptyStore,
  exportAll,
  fullImport,
  guid,
  MERGER,
  metaverseOf,
  person,
  twoForests,
} from './forest.fixture.ts';
import { importObjects } from './import-objects.ts';
import { anchorOfGuid } from './source-anchor.ts';
import { queueEverybody, synchronise } from './synchronise.ts';

const configuration = twoForests();

test('provisions an enabled person with their account, active', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, [person(1, { givenName: ['Anna'], sn: ['Öst'] })]);
  synchronise(store, configuration);
  const cloudObject = store.cloudObjectBySourceAnchor(anchorOfGuid(guid(1)));
  expect(cloudObject?.desired).toEqual({
    userName: ['person1@corp.example.com'],
    displayName: ['Person 1'],
    givenName: ['Anna'],
    familyName: ['Öst'],
    mail: ['person1@example.com'],
    active: ['true'],
    forest: [CORP],
    domain: ['corp.example.com'],
    netbiosName: ['CORP'],
    samAccountName: ['person1'],
    objectGuid: [guid(1)],
  });
  expect(cloudObject?.link?.rules).toEqual(['Out to cloud – User Join']);
  const [object] = store.directoryObjectsAfter(0, 1);
  expect(object?.link?.rules).toEqual(['In from AD – User Join', 'In from AD – User AccountEnabled']);
});

test('provisions a disabled person inactive, with no link by the AccountEnabled rule', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, [person(1, DISABLED)]);
  synchronise(store, configuration);
  expect(store.cloudObjectBySourceAnchor(anchorOfGuid(guid(1)))?.desired?.['active']).toEqual(['false']);
  expect(store.directoryObjectsAfter(0, 1)[0]?.link?.rules).toEqual(['In from AD – User Join']);
});

test('names a person without UPN by sAMAccountName and domain', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, [person(1, { userPrincipalName: [] })]);
  synchronise(store, configuration);
  expect(store.cloudObjectBySourceAnchor(anchorOfGuid(guid(1)))?.desired?.['userName']).toEqual([
    'person1@corp.example.com',
  ]);
});

test('leaves out built-in accounts, and containers that are filtered', () => {
  const filtered = configure({
    forests: [
      {
        id: CORP,
        domains: [{ name: 'corp.example.com', netbiosName: 'CORP' }],
        include: ['OU=People,DC=corp,DC=example,DC=com'],
        exclude: ['OU=Left,OU=People,DC=corp,DC=example,DC=com'],
      },
    ],
  });
  const store = emptyStore();
  fullImport(store, filtered, CORP, [
    person(1),
    person(2, { isCriticalSystemObject: ['TRUE'] }),
    person(3, {}, 'CN=three,OU=Left,OU=People,DC=corp,DC=example,DC=com'),
    person(4, {}, 'CN=four,CN=Users,DC=corp,DC=example,DC=com'),
  ]);
  synchronise(store, filtered);
  expect(store.metaverseObjectsAfter(0, 9).map(({ attributes }) => attributes['sAMAccountName'])).toEqual([
    ['person1'],
  ]);
});

test('finds attributes whatever the case of their names, and takes in only what rules use', () => {
  const store = emptyStore();
  const { sAMAccountName, ...others } = person(1).attributes;
  const attributes = { ...others, SAMACCOUNTNAME: sAMAccountName ?? [], thumbnailPhoto: ['////'] };
  fullImport(store, configuration, CORP, [{ ...person(1), attributes }]);
  const [object] = store.directoryObjectsAfter(0, 1);
  expect(object?.attributes['sAMAccountName']).toEqual(['person1']);
  expect(Object.keys(object?.attributes ?? {})).not.toContain('thumbnailPhoto');
});

test('prefers mS-DS-ConsistencyGuid as sourceAnchor, and never changes it after the first link', () => {
  const store = emptyStore();
  const [first, later] = [anchorOfGuid(guid(71)), anchorOfGuid(guid(72))];
  fullImport(store, configuration, CORP, [person(1, { 'mS-DS-ConsistencyGuid': [first] }), person(2)]);
  synchronise(store, configuration);
  for (const n of [1, 2])
    importObjects(store, configuration, CORP, [person(n, { 'mS-DS-ConsistencyGuid': [later] })]);
  queueEverybody(store, configuration);
  synchronise(store, configuration);
  expect(store.metaverseObjectsAfter(0, 9).map(({ sourceAnchor }) => sourceAnchor)).toEqual([
    first,
    anchorOfGuid(guid(2)),
  ]);
});

test('keeps the sourceAnchor of a person who leaves the scope and returns', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, [person(1), person(2)]);
  synchronise(store, configuration);
  const anchor = anchorOfGuid(guid(1));
  importObjects(store, configuration, CORP, [person(1, { adminDescription: ['User_left'] })]);
  synchronise(store, configuration);
  expect(store.cloudObjectBySourceAnchor(anchor)).toBeUndefined();
  importObjects(store, configuration, CORP, [
    person(1, { 'mS-DS-ConsistencyGuid': [anchorOfGuid(guid(71))] }),
  ]);
  synchronise(store, configuration);
  expect(store.cloudObjectBySourceAnchor(anchor)?.desired?.['userName']).toEqual([
    'person1@corp.example.com',
  ]);
});

test('refuses both newcomers with one sourceAnchor, and takes each once that is mended', () => {
  const store = emptyStore();
  const anchor = anchorOfGuid(guid(71));
  fullImport(store, configuration, CORP, [
    person(1, { 'mS-DS-ConsistencyGuid': [anchor] }),
    person(2, { 'mS-DS-ConsistencyGuid': [anchor] }),
  ]);
  synchronise(store, configuration);
  expect(store.metaverseObjectsAfter(0, 9).map(({ refusals }) => refusals)).toEqual([
    ['duplicateSourceAnchor'],
    ['duplicateSourceAnchor'],
  ]);
  expect(store.countCloudObjects()).toBe(0);
  importObjects(store, configuration, CORP, [person(2)]);
  synchronise(store, configuration);
  expect(store.metaverseObjectsAfter(0, 9).map(({ refusals }) => refusals)).toEqual([[], []]);
  expect(store.cloudObjectBySourceAnchor(anchor)?.desired?.['samAccountName']).toEqual(['person1']);
  expect(store.countCloudObjects()).toBe(2);
});

test('lets nobody take the sourceAnchor of a person who has it already', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, [person(1)]);
  synchronise(store, configuration);
  exportAll(store);
  const anchor = anchorOfGuid(guid(1));
  importObjects(store, configuration, CORP, [person(2, { 'mS-DS-ConsistencyGuid': [anchor] })]);
  importObjects(store, configuration, CORP, [person(1, { displayName: ['Still Anna'] })]);
  synchronise(store, configuration);
  expect(store.countCloudObjects()).toBe(1);
  const cloudObject = store.cloudObjectBySourceAnchor(anchor);
  expect(cloudObject?.desired?.['objectGuid']).toEqual([guid(1)]);
  expect(cloudObject?.desired?.['displayName']).toEqual(['Still Anna']);
  expect(store.metaverseObjectsAfter(0, 9).map(({ refusals }) => refusals)).toEqual([
    ['duplicateSourceAnchor'],
    ['duplicateSourceAnchor'],
  ]);
});

test('follows a rename and a move without a new link', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, [person(1)]);
  synchronise(store, configuration);
  const before = store.metaverseObjectsAfter(0, 9)[0]?.id;
  importObjects(store, configuration, CORP, [
    person(1, { displayName: ['Anna B'] }, 'CN=b,OU=Elsewhere,DC=corp,DC=example,DC=com'),
  ]);
  synchronise(store, configuration);
  const [after] = store.metaverseObjectsAfter(0, 9);
  expect(after?.id).toBe(before);
  expect(after?.attributes['displayName']).toEqual(['Anna B']);
});

test('keeps people of two forests apart unless a matching option joins them', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, [person(1)]);
  fullImport(store, configuration, MERGER, [
    person(1, {}, 'CN=person1,OU=People,DC=merger,DC=example,DC=com'),
  ]);
  synchronise(store, configuration);
  expect(metaverseOf(store)).toHaveLength(2);
});

test('full synchronisation applies changed rules to everybody', () => {
  const store = emptyStore();
  fullImport(store, configuration, CORP, [person(1)]);
  synchronise(store, configuration);
  const changed = {
    ...configuration,
    rules: configuration.rules.map((rule) => ({
      ...rule,
      flows: rule.flows.filter((flow) => flow.to !== 'mail'),
    })),
  };
  synchronise(store, changed);
  expect(store.metaverseObjectsAfter(0, 9)[0]?.attributes['mail']).toBeDefined();
  queueEverybody(store, changed);
  synchronise(store, changed);
  expect(store.metaverseObjectsAfter(0, 9)[0]?.attributes['mail']).toBeUndefined();
  expect(store.cloudObjectBySourceAnchor(anchorOfGuid(guid(1)))?.desired?.['mail']).toBeUndefined();
});
