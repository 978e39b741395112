import { expect, test } from 'vitest';
import { decidingAce, inheritedAces, MASK } from './access-check.ts';
import { changeAces } from './apply-rights.ts';
import { quote } from './dsacls-line.ts';
import { ACE_FLAG, type Ace } from './security-descriptor.ts';

const RIGHT = '00299570-246d-11d0-a768-00aa006e0529';
const USER = 'bf967aba-0de6-11d0-a285-00aa003049e2';
const GROUP = 'bf967a9c-0de6-11d0-a285-00aa003049e2';
const ours = 'S-1-5-21-1-2-3-1103';
const token = new Set([ours, 'S-1-1-0']);
const ace = (more: Partial<Exclude<Ace, { kind: 'other' }>> = {}): Exclude<Ace, { kind: 'other' }> => ({
  kind: 'allow',
  flags: 0,
  mask: MASK.controlAccess,
  sid: ours,
  objectType: RIGHT,
  ...more,
});
const access = { mask: MASK.controlAccess, objectTypes: [RIGHT] };
const everyRight = (() => {
  const { objectType: _, ...rest } = ace();
  return rest;
})();

test('the first ACE about the right decides', () => {
  const deny = ace({ kind: 'deny' });
  expect(decidingAce([deny, ace()], token, access)).toBe(deny);
  expect(decidingAce([ace(), deny], token, access)?.kind).toBe('allow');
});

test.each([
  ['of somebody else', ace({ sid: 'S-1-5-21-1-2-3-9999' })],
  ['about another right', ace({ objectType: USER })],
  ['for children only', ace({ flags: ACE_FLAG.inheritOnly })],
  ['of another kind of access', ace({ mask: MASK.writeProperty })],
])('an ACE %s decides nothing', (_, other) => {
  expect(decidingAce([other], token, access)).toBeUndefined();
});

test('an ACE without an object type is about all rights, and generic all is every bit', () => {
  expect(decidingAce([everyRight], token, access)).toBe(everyRight);
  expect(decidingAce([{ ...everyRight, mask: 0x1000_0000 }], token, access)).toBeDefined();
  expect(decidingAce([{ ...everyRight, mask: 0x8000_0000 }], token, access)).toBeUndefined();
});

test('children inherit what is for containers and for their class', () => {
  const down = ACE_FLAG.container | ACE_FLAG.inheritOnly;
  const forUsers = ace({ flags: down, inheritedType: USER });
  const given = [
    ace(),
    forUsers,
    ace({ flags: down, inheritedType: GROUP }),
    ace({ flags: ACE_FLAG.container }),
  ];
  expect(inheritedAces(given, USER)).toEqual([
    { ...forUsers, flags: ACE_FLAG.container | ACE_FLAG.inherited },
    ace({ flags: ACE_FLAG.container | ACE_FLAG.inherited }),
  ]);
});

test('changed ACEs keep the canonical order and touch nothing else', () => {
  const other: Ace = { kind: 'other', bytes: Uint8Array.of(2, 0, 4, 0) };
  const inherited = ace({ flags: ACE_FLAG.inherited });
  const deny = ace({ kind: 'deny' });
  const before = [deny, ace({ sid: 'S-1-1-0' }), other, inherited];
  const added = ace({ mask: MASK.writeProperty });
  expect(changeAces(before, { add: [added], remove: [deny] })).toEqual([before[1], other, added, inherited]);
  expect(changeAces(before, { add: [ace({ sid: 'S-1-1-0' })], remove: [] })).toEqual(before);
  expect(changeAces([], { add: [added], remove: [] })).toEqual([added]);
  expect(changeAces([inherited], { add: [deny, added], remove: [] })).toEqual([deny, added, inherited]);
});

test.each([
  ['OU=Sales,DC=corp', '"OU=Sales,DC=corp"'],
  ['OU=a\\"b,DC=corp', '"OU=a\\\\\\"b,DC=corp"'],
  ['ends with \\', '"ends with \\\\"'],
])('%s is quoted for a command line', (argument, quoted) => {
  expect(quote(argument)).toBe(quoted);
});
