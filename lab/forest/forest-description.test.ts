import { describe, expect, test } from 'vitest';
import { baseDnOf } from './forest-description.ts';
import { inventPassword } from './invent-password.ts';
import { LAB_FORESTS } from './lab-forests.ts';
import { smallForest } from './small-forest.ts';

const BUILT_IN = ['Domain Admins', 'Account Operators'];

function repeated(values: string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

describe.each([...LAB_FORESTS, smallForest('storm')])('the description of $name', (description) => {
  const { people, groups, organizationalUnits, passwordSettings } = description;

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
      description.agentAccount.ou,
    ];
    expect(needed.filter((path) => !places.includes(JSON.stringify(path)))).toEqual([]);
    for (const [index, path] of organizationalUnits.entries()) {
      const parent = path.slice(0, -1);
      if (parent.length > 0) expect(places.slice(0, index)).toContain(JSON.stringify(parent));
    }
  });

  test('every password settings object is for groups that exist, and all its members have a password that fits', () => {
    const names = groups.map((group) => group.name);
    for (const { appliesTo, minimumLength } of passwordSettings) {
      expect(names).toEqual(expect.arrayContaining(appliesTo));
      expect(minimumLength).toBeLessThanOrEqual(inventPassword().length);
    }
  });
});

test('the base DN follows from the realm', () => {
  expect(baseDnOf({ realm: 'CORP.EXAMPLE.COM' })).toBe('DC=corp,DC=example,DC=com');
});
