import { expect, test } from 'vitest';
import { corpForest } from './corp-forest.ts';
import { baseDnOf } from './forest-description.ts';

const { people, groups, organizationalUnits } = corpForest;
const BUILT_IN = ['Domain Admins', 'Account Operators'];

function repeated(values: string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

test('the company has 40 people, of every kind that the product must tell apart', () => {
  expect(people).toHaveLength(40);
  const kinds = Object.groupBy(people, (person) => person.kind);
  expect(Object.keys(kinds).toSorted()).toEqual([
    'disabled',
    'nestedProtected',
    'ordinary',
    'protected',
    'smartCard',
  ]);
  expect(kinds.ordinary?.length).toBe(36);
});

test('nobody shares a name, a number or a place with somebody else', () => {
  expect(repeated(people.map((person) => person.userName))).toEqual([]);
  expect(repeated(people.map((person) => [...person.ou, person.commonName].join('/')))).toEqual([]);
  expect(repeated(people.flatMap((person) => [person.telephoneNumber, person.mobile]))).toEqual([]);
});

test('every user name fits into sAMAccountName, which takes 20 characters', () => {
  expect(people.filter((person) => !/^[a-z0-9.-]{1,20}$/.test(person.userName))).toEqual([]);
});

test('every group and organizational unit that is named exists, parents before children', () => {
  const names = [...groups.map((group) => group.name), ...BUILT_IN];
  const wanted = [...people, ...groups].flatMap((each) => each.memberOf);
  expect(wanted.filter((name) => !names.includes(name))).toEqual([]);
  const places = organizationalUnits.map((path) => JSON.stringify(path));
  const needed = [
    ...people.map((person) => person.ou),
    ...groups.map((group) => group.ou),
    corpForest.agentAccount.ou,
  ];
  expect(needed.filter((path) => !places.includes(JSON.stringify(path)))).toEqual([]);
  for (const [index, path] of organizationalUnits.entries()) {
    const parent = path.slice(0, -1);
    if (parent.length > 0) expect(places.slice(0, index)).toContain(JSON.stringify(parent));
  }
});

test('the administrator lives outside of the people OU, the nested protected account inside', () => {
  const top = (kind: string) => people.filter((person) => person.kind === kind).map((person) => person.ou[0]);
  expect(top('protected')).toEqual(['Administration']);
  expect(top('nestedProtected')).toEqual(['People']);
});

test('the base DN follows from the realm', () => {
  expect(baseDnOf(corpForest)).toBe('DC=corp,DC=example,DC=com');
});
