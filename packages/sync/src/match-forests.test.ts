import { expect, test } from 'vitest';
import type { Attributes, ImportedObject } from './connector-object.ts';
import {
  CORP,
  cloudAnchorFor,
  DISABLED,
  emptyStore,
  exportAll,
  guid,
  MERGER,
  person,
  twoForests,
} from './forest.fixture.ts';
import { importDeletions, importObjects } from './import-objects.ts';
import { locateForWriteback } from './locate-for-writeback.ts';
import type { Matching } from './shipped-rules.ts';
import { anchorOfGuid } from './source-anchor.ts';
import { synchronise } from './synchronise.ts';

const inMerger = (n: number, attributes: Attributes): ImportedObject =>
  person(n, attributes, `CN=${n},OU=People,DC=merger,DC=example,DC=com`);

function synchronised(matching: Matching, corp: ImportedObject[], merger: ImportedObject[]) {
  const store = emptyStore();
  const configuration = twoForests(matching);
  const change = (forest: string, ...objects: ImportedObject[]) => {
    importObjects(store, configuration, forest, objects);
    synchronise(store, configuration);
  };
  importObjects(store, configuration, MERGER, merger);
  change(CORP, ...corp);
  const groups = () =>
    store
      .metaverseObjectsAfter(0, 100)
      .map(({ id }) => store.directoryObjectsOf(id).map(({ objectGuid }) => Number.parseInt(objectGuid, 16)))
      .map((numbers) => numbers.sort((a, b) => a - b))
      .sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
  const remove = (forest: string, n: number) => {
    importDeletions(store, forest, [guid(n)]);
    synchronise(store, configuration);
  };
  return { store, change, remove, groups };
}

test('by mail: whatever the case, and nobody without mail', () => {
  const { groups } = synchronised(
    { by: 'mail' },
    [person(1, { mail: ['Anna@example.com'] }), person(2, { mail: [] })],
    [inMerger(101, { mail: ['anna@EXAMPLE.com'] }), inMerger(102, { mail: [] })],
  );
  expect(groups()).toEqual([[1, 101], [2], [102]]);
});

test('by objectSid and msExchMasterAccountSid: a mailbox with no account elsewhere stands alone', () => {
  const sid = Buffer.from('0105000000000005150000000100000001000000010000004d040000', 'hex').toString(
    'base64',
  );
  const { groups } = synchronised(
    { by: 'masterAccountSid' },
    [person(1, { objectSid: [sid] }), person(2, { objectSid: ['S-1-5-21-1-1-1-1102'] })],
    [
      inMerger(101, {
        ...DISABLED,
        objectSid: ['S-1-5-21-2-2-2-1101'],
        msExchMasterAccountSid: ['S-1-5-21-1-1-1-1101'],
      }),
      inMerger(102, { objectSid: ['S-1-5-21-2-2-2-1102'], msExchMasterAccountSid: ['S-1-5-10'] }),
    ],
  );
  expect(groups()).toEqual([[1, 101], [2], [102]]);
});

test('by sAMAccountName and mailNickname', () => {
  const { groups } = synchronised(
    { by: 'mailNickname' },
    [person(1, { sAMAccountName: ['anna'] })],
    [inMerger(101, { sAMAccountName: ['anna-x'], mailNickname: ['ANNA'] })],
  );
  expect(groups()).toEqual([[1, 101]]);
});

test('by a chosen attribute', () => {
  const { groups } = synchronised(
    { by: 'attribute', attribute: 'employeeID' },
    [person(1, { employeeID: ['7'] }), person(2)],
    [inMerger(101, { employeeID: ['7'] })],
  );
  expect(groups()).toEqual([[1, 101], [2]]);
});

test('account and resource forest: the enabled account gives identity and takes the password', () => {
  const { store } = synchronised(
    { by: 'mail' },
    [person(1, { ...DISABLED, mail: ['a@example.com'], displayName: ['Anna (mailbox)'] })],
    [inMerger(101, { mail: ['a@example.com'], displayName: ['Anna'] })],
  );
  exportAll(store);
  const anchor = anchorOfGuid(guid(101));
  expect(store.cloudObjectBySourceAnchor(anchor)?.desired).toMatchObject({
    active: ['true'],
    forest: [MERGER],
    netbiosName: ['MERGER'],
    samAccountName: ['person101'],
    displayName: ['Anna (mailbox)'],
  });
  expect(locateForWriteback(store, cloudAnchorFor(anchor))).toMatchObject({
    kind: 'found',
    forest: MERGER,
    objectGuid: guid(101),
  });
});

test('follows the account that is enabled now', () => {
  const mail = { mail: ['a@example.com'] };
  const { store, change } = synchronised(
    { by: 'mail' },
    [person(1, mail)],
    [inMerger(101, { ...mail, ...DISABLED })],
  );
  exportAll(store);
  const cloudAnchor = cloudAnchorFor(anchorOfGuid(guid(1)));
  change(CORP, person(1, { ...mail, ...DISABLED }));
  change(MERGER, inMerger(101, mail));
  expect(locateForWriteback(store, cloudAnchor)).toMatchObject({ kind: 'found', objectGuid: guid(101) });
});

test('parts people who no longer match; the one that gave the sourceAnchor keeps the account', () => {
  const mail = { mail: ['a@example.com'] };
  const { store, change, groups } = synchronised(
    { by: 'mail' },
    [person(1, mail)],
    [inMerger(101, { ...mail, ...DISABLED })],
  );
  exportAll(store);
  const before = store.cloudObjectBySourceAnchor(anchorOfGuid(guid(1)))?.cloudAnchor;
  change(CORP, person(1, { mail: ['married@example.com'] }));
  expect(groups()).toEqual([[1], [101]]);
  exportAll(store);
  expect(store.cloudObjectBySourceAnchor(anchorOfGuid(guid(1)))?.cloudAnchor).toBe(before);
  expect(store.cloudObjectBySourceAnchor(anchorOfGuid(guid(101)))?.confirmed?.['active']).toEqual(['false']);
});

test('brings two people together who turn out to be one: one account stays, the other is deleted', () => {
  const { store, change, groups } = synchronised(
    { by: 'mail' },
    [person(1, { mail: ['a@example.com'] }), person(2)],
    [inMerger(101, { mail: ['b@example.com'] })],
  );
  exportAll(store);
  change(MERGER, inMerger(101, { mail: ['a@example.com'] }));
  expect(groups()).toEqual([[1, 101], [2]]);
  expect(exportAll(store)).toMatchObject([{ kind: 'delete', sourceAnchor: anchorOfGuid(guid(101)) }]);
  change(MERGER, inMerger(101, { mail: ['b@example.com'] }));
  expect(exportAll(store)).toMatchObject([{ kind: 'create', sourceAnchor: anchorOfGuid(guid(101)) }]);
});

test('the account outlives the object that gave its sourceAnchor, as long as the person has another', () => {
  const mail = { mail: ['a@example.com'] };
  const { store, remove } = synchronised(
    { by: 'mail' },
    [person(1, mail)],
    [inMerger(101, { ...mail, ...DISABLED })],
  );
  exportAll(store);
  remove(CORP, 1);
  expect(exportAll(store)).toMatchObject([{ kind: 'update', sourceAnchor: anchorOfGuid(guid(1)) }]);
  const cloudAnchor = cloudAnchorFor(anchorOfGuid(guid(1)));
  expect(locateForWriteback(store, cloudAnchor)).toMatchObject({ missing: 'accountEnabledLink' });
});

test('refuses everybody of an ambiguous match, and changes nothing of who was provisioned before', () => {
  const mail = { mail: ['a@example.com'] };
  const { store, change, remove, groups } = synchronised({ by: 'mail' }, [person(1, mail)], []);
  exportAll(store);
  const before = store.cloudObjectBySourceAnchor(anchorOfGuid(guid(1)));
  change(MERGER, inMerger(101, mail), inMerger(102, { ...mail, displayName: ['Other'] }));
  expect(groups()).toEqual([[1], [101], [102]]);
  expect(store.metaverseObjectsAfter(0, 9).every((one) => one.refusals.includes('ambiguousMatch'))).toBe(
    true,
  );
  expect(store.countCloudObjects()).toBe(1);
  expect(store.cloudObjectBySourceAnchor(anchorOfGuid(guid(1)))).toEqual(before);
  remove(MERGER, 102);
  expect(groups()).toEqual([[1, 101]]);
  expect(store.metaverseObjectsAfter(0, 9).map((one) => one.refusals)).toEqual([[]]);
});
