import { expect, test } from 'vitest';
import { explain, findSubjects } from './explain.ts';
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
import { importObjects } from './import-objects.ts';
import { anchorOfGuid } from './source-anchor.ts';
import { synchronise } from './synchronise.ts';

const byMail = twoForests({ by: 'mail' });
const mail = { mail: ['anna@example.com'] };
const mergerDn = 'CN=anna,OU=People,DC=merger,DC=example,DC=com';
const inCorp = { forest: CORP, dn: person(1).dn };
const inMerger = { forest: MERGER, dn: mergerDn };

function joinedPerson() {
  const store = emptyStore();
  fullImport(store, byMail, CORP, [person(1, { ...mail, ...DISABLED, displayName: ['Anna (mailbox)'] })]);
  fullImport(store, byMail, MERGER, [person(2, { ...mail, displayName: ['Anna'] }, mergerDn)]);
  synchronise(store, byMail);
  return store;
}

function explained(store: ReturnType<typeof joinedPerson>, text = 'anna@example.com') {
  const [subject] = findSubjects(store, text);
  if (subject === undefined) throw new Error(`nobody is called ${text}`);
  return explain(store, byMail, subject);
}

test('says where each value came from, and what it overruled', () => {
  const { metaverse } = explained(joinedPerson());
  const of = (name: string) => metaverse?.values.find(({ attribute }) => attribute === name);
  expect(of('displayName')).toEqual({
    attribute: 'displayName',
    values: ['Anna (mailbox)'],
    rule: 'In from AD – User Common',
    from: inCorp,
    overruled: [{ values: ['Anna'], rule: 'In from AD – User Common', from: inMerger }],
  });
  expect(of('accountEnabled')).toMatchObject({
    values: ['true'],
    rule: 'In from AD – User AccountEnabled',
    from: inMerger,
    overruled: [
      { values: ['false'], from: inCorp },
      { values: ['true'], from: inMerger },
    ],
  });
  expect(metaverse).toMatchObject({
    sourceAnchor: anchorOfGuid(guid(2)),
    anchorFrom: inMerger,
    isAnchorFinal: true,
    refusals: [],
  });
});

test('lists the objects of every forest with the rules that made their links, and why others do not apply', () => {
  const { directoryObjects } = explained(joinedPerson());
  expect(directoryObjects).toMatchObject([
    { ...inCorp, matchKey: 'user/anna@example.com', linkedBy: ['In from AD – User Join'], isQueued: false },
    { ...inMerger, linkedBy: ['In from AD – User Join', 'In from AD – User AccountEnabled'] },
  ]);
  expect(directoryObjects[0]?.rules[1]).toEqual({
    rule: 'In from AD – User AccountEnabled',
    link: 'join',
    failing: [{ test: 'bitsClear', attribute: 'userAccountControl', bits: 2 }],
  });
});

test('says what the cloud holds, what it should hold, and where the password goes', () => {
  const store = joinedPerson();
  expect(explained(store)).toMatchObject({
    cloud: { cloudAnchor: undefined, pending: 'provision' },
    writeback: { kind: 'never exported' },
  });
  exportAll(store);
  importObjects(store, byMail, CORP, [person(1, { ...mail, ...DISABLED, displayName: ['Anna B'] })]);
  expect(explained(store).directoryObjects[0]?.isQueued).toBe(true);
  synchronise(store, byMail);
  const explanation = explained(store, cloudAnchorFor(anchorOfGuid(guid(2))));
  expect(explanation.cloud?.attributes).toContainEqual({
    attribute: 'displayName',
    desired: ['Anna B'],
    confirmed: ['Anna (mailbox)'],
    rule: 'Out to cloud – User Join',
  });
  expect(explanation.writeback).toMatchObject({ kind: 'found', forest: MERGER, dn: mergerDn });
});

test('explains somebody whom no rule brings in', () => {
  const store = emptyStore();
  fullImport(store, byMail, CORP, [person(1, { isCriticalSystemObject: ['TRUE'] })]);
  synchronise(store, byMail);
  expect(explained(store, 'person1')).toMatchObject({
    directoryObjects: [
      {
        linkedBy: undefined,
        matchKey: undefined,
        rules: [
          { failing: [{ attribute: 'isCriticalSystemObject' }] },
          { failing: [{ attribute: 'isCriticalSystemObject' }] },
          { failing: [{ attribute: 'isCriticalSystemObject' }] },
        ],
      },
    ],
    metaverse: undefined,
    cloud: undefined,
  });
});
