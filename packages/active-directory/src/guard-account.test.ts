import { expect, test } from 'vitest';
import type { AccountState } from './account-state.ts';
import { NEVER, unixToFiletime } from './filetime.ts';
import { guardAccount } from './guard-account.ts';

const now = Date.UTC(2026, 10, 21);
const domain = 'S-1-5-21-1-2-3';
const person: AccountState = {
  dn: 'CN=Anna,OU=People,DC=corp,DC=example,DC=com',
  sid: `${domain}-1104`,
  sAMAccountType: 0x3000_0000,
  userAccountControl: 0x200,
  computedControl: 0,
  accountExpires: NEVER,
  adminCount: 0,
  groups: [`${domain}-513`, 'S-1-5-32-545'],
  pwdLastSet: 1n,
  lockoutTime: 0n,
  version: 2,
  markerAttribute: undefined,
  marker: undefined,
};
const guard = (more: Partial<AccountState>, operation: 'reset' | 'change' | 'unlock' = 'reset') =>
  guardAccount({ ...person, ...more }, operation, now);

test('an ordinary person may be written', () => {
  expect(guard({})).toBeUndefined();
  expect(guardAccount(undefined, 'reset', now)).toBe('noSuchAccount');
});

test.each([500, 502, 512, 516, 518, 519, 521, 526, 527])('RID %i protects, as person and as group', (rid) => {
  expect(guard({ sid: `${domain}-${rid}` })).toBe('protectedGroup');
  expect(guard({ groups: [`${domain}-513`, `S-1-5-21-9-9-9-${rid}`] })).toBe('protectedGroup');
});

test.each([544, 548, 549, 550, 551, 552])('the builtin group %i protects', (rid) => {
  expect(guard({ groups: [`S-1-5-32-${rid}`] })).toBe('protectedGroup');
});

test.each(['S-1-5-32-512', 'S-1-5-32-545', `${domain}-513`, `${domain}-1512`, 'S-1-5-11'])(
  '%s protects nobody',
  (sid) => {
    expect(guard({ groups: [sid] })).toBeUndefined();
  },
);

test('what cannot be read is not guessed', () => {
  expect(guard({ groups: [] })).toBe('accountUnreadable');
  expect(guard({ userAccountControl: undefined })).toBe('accountUnreadable');
});

test('an account expires at its moment, and 0 means never', () => {
  expect(guard({ accountExpires: unixToFiletime(now) })).toBe('accountHasExpired');
  expect(guard({ accountExpires: unixToFiletime(now + 1) })).toBeUndefined();
  expect(guard({ accountExpires: 0n })).toBeUndefined();
});

test('a smart card stands against passwords, not against unlocking', () => {
  const smartCard = { userAccountControl: 0x40200 };
  expect(guard(smartCard)).toBe('smartCardRequired');
  expect(guard(smartCard, 'change')).toBe('smartCardRequired');
  expect(guard(smartCard, 'unlock')).toBeUndefined();
});

test('a lock stands against a change alone, and only while it lasts', () => {
  const locked = { computedControl: 0x10, lockoutTime: 1n };
  expect(guard(locked, 'change')).toBe('accountIsLocked');
  expect(guard(locked)).toBeUndefined();
  expect(guard(locked, 'unlock')).toBeUndefined();
  expect(guard({ computedControl: 0, lockoutTime: 1n }, 'change')).toBeUndefined();
});

test('the gravest reason is told first', () => {
  expect(guard({ adminCount: 1, userAccountControl: 0x202 })).toBe('leftoverAdminCount');
  expect(guard({ adminCount: 1, groups: [`${domain}-512`] })).toBe('protectedGroup');
});
