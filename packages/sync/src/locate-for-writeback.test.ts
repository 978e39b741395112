import { expect, test } from 'vitest';
import {
  CORP,
  cloudAnchorFor,
  DISABLED,
  emptyStore,
  exportAll,
  fullImport,
  guid,
  MERGER,
  person,
  twoForests,
} from './forest.fixture.ts';
import { importDeletions, importObjects } from './import-objects.ts';
import { locateForWriteback } from './locate-for-writeback.ts';
import { anchorOfGuid } from './source-anchor.ts';
import { synchronise } from './synchronise.ts';

const byMail = twoForests({ by: 'mail' });
const cloudAnchor = cloudAnchorFor(anchorOfGuid(guid(1)));
const mail = { mail: ['anna@example.com'] };
const inMerger = 'CN=anna,OU=People,DC=merger,DC=example,DC=com';

function provisioned(corp: Parameters<typeof person>[1], merger?: Parameters<typeof person>[1]) {
  const store = emptyStore();
  fullImport(store, byMail, CORP, [person(1, { ...mail, ...corp })]);
  if (merger !== undefined) fullImport(store, byMail, MERGER, [person(2, { ...mail, ...merger }, inMerger)]);
  synchronise(store, byMail);
  exportAll(store);
  return store;
}

test('finds the enabled account through all four links', () => {
  expect(locateForWriteback(provisioned({}), cloudAnchor)).toEqual({
    kind: 'found',
    forest: CORP,
    objectGuid: guid(1),
    dn: person(1).dn,
  });
});

test('finds the enabled account of a person who has a disabled one in another forest', () => {
  const store = provisioned(DISABLED, {});
  const anchor = cloudAnchorFor(anchorOfGuid(guid(2)));
  expect(locateForWriteback(store, anchor)).toMatchObject({ kind: 'found', forest: MERGER, dn: inMerger });
});

test('misses the object in the cloud connector space', () => {
  expect(locateForWriteback(provisioned({}), guid(99))).toMatchObject({
    kind: 'missing',
    missing: 'cloudObject',
  });
});

test('misses the link to the metaverse for a person who was deleted', () => {
  const store = provisioned({});
  importDeletions(store, CORP, [guid(1)]);
  synchronise(store, byMail);
  expect(locateForWriteback(store, cloudAnchor)).toMatchObject({ kind: 'missing', missing: 'metaverseLink' });
});

test('misses the link to a forest that is cut', () => {
  const store = provisioned({});
  store.setLink(store.directoryObjectByGuid(CORP, guid(1))?.id ?? 0, undefined);
  expect(locateForWriteback(store, cloudAnchor)).toMatchObject({ kind: 'missing', missing: 'directoryLink' });
});

test('misses the AccountEnabled link of a disabled account, and names that account', () => {
  expect(locateForWriteback(provisioned(DISABLED), cloudAnchor)).toMatchObject({
    kind: 'missing',
    missing: 'accountEnabledLink',
    places: [{ forest: CORP, objectGuid: guid(1) }],
  });
});

test('is ambiguous when two accounts of the person are enabled', () => {
  expect(locateForWriteback(provisioned({}, {}), cloudAnchor)).toMatchObject({
    kind: 'ambiguous',
    because: 'twoEnabledAccounts',
    places: [{ forest: CORP }, { forest: MERGER }],
  });
});

test('is ambiguous while two objects of one forest match the person', () => {
  const store = provisioned({}, DISABLED);
  importObjects(store, byMail, MERGER, [person(3, { ...mail, ...DISABLED }, `CN=3,${inMerger}`)]);
  synchronise(store, byMail);
  expect(locateForWriteback(store, cloudAnchor)).toMatchObject({
    kind: 'ambiguous',
    because: 'ambiguousMatch',
  });
  importDeletions(store, MERGER, [guid(3)]);
  synchronise(store, byMail);
  expect(locateForWriteback(store, cloudAnchor)).toMatchObject({ kind: 'found', forest: CORP });
});
