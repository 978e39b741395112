import { expect, test } from 'vitest';
import { brokenRules, containsName, missingKinds, whatWouldRefuse } from './broken-rules.ts';
import type { PersonPolicy } from './password-policy.ts';

const policy: PersonPolicy = {
  source: 'domain',
  dn: 'DC=corp,DC=example,DC=com',
  rules: { minimumLength: 8, complexity: true, historyLength: 24 },
  names: { accountName: 'anna', displayName: 'Anna-Maria Li, Dr.' },
  mustChange: false,
};
const attempt = (password: string, changed: Partial<PersonPolicy> = {}, ageAndHistoryApply = true) =>
  brokenRules({
    password,
    policy: { ...policy, ...changed },
    now: 1_000,
    ageAndHistoryApply,
    namesApply: true,
  });

test('a short password is told the minimum', () => {
  expect(attempt('Kurz-1!')).toEqual({ rules: ['tooShort'], minimumLength: 8 });
});

test('a password of two kinds is told the kinds that are missing', () => {
  expect(attempt('lowercase1')).toEqual({
    rules: ['notComplex'],
    missingKinds: ['upper', 'symbol', 'otherLetter'],
  });
});

test('all broken rules are told, age first', () => {
  expect(attempt('anna', { nextChangeAllowedAt: 5_000 })).toEqual({
    rules: ['tooYoung', 'tooShort', 'notComplex', 'containsName'],
    retryAt: 5_000,
    minimumLength: 8,
    missingKinds: ['upper', 'digit', 'symbol', 'otherLetter'],
  });
});

test('what no rule explains is history or a filter', () => {
  expect(attempt('Unrelated-77')).toEqual({ rules: ['historyOrFilter'], historyLength: 24 });
});

test('without policy hints neither age nor history can be the reason', () => {
  expect(attempt('Unrelated-77', { nextChangeAllowedAt: 5_000 }, false)).toEqual({
    rules: ['historyOrFilter'],
  });
});

test('an age that has passed is no reason', () => {
  expect(attempt('Unrelated-77', { nextChangeAllowedAt: 1_000 }).rules).toEqual(['historyOrFilter']);
});

test('rules that cannot be read are not guessed', () => {
  const { rules: _, ...unread } = policy;
  expect(
    brokenRules({ password: 'x', policy: unread, now: 0, ageAndHistoryApply: true, namesApply: true }),
  ).toEqual({
    rules: [],
  });
});

test('where the directory does not look at names, history is told as well', () => {
  const samba = {
    password: 'Anna-Unrelated-77',
    policy,
    now: 0,
    ageAndHistoryApply: false,
    namesApply: false,
  };
  expect(brokenRules(samba).rules).toEqual(['containsName', 'historyOrFilter']);
  expect(brokenRules({ ...samba, namesApply: true }).rules).toEqual(['containsName']);
});

test('before a try, a name alone is no refusal where the directory does not look at names', () => {
  const samba = {
    password: 'Anna-Unrelated-77',
    policy,
    now: 0,
    ageAndHistoryApply: false,
    namesApply: false,
  };
  expect(whatWouldRefuse(samba).rules).toEqual([]);
  expect(whatWouldRefuse({ ...samba, namesApply: true }).rules).toEqual(['containsName']);
  expect(whatWouldRefuse({ ...samba, password: 'anna' }).rules).toEqual([
    'tooShort',
    'notComplex',
    'containsName',
  ]);
});

test('names do not matter where complexity is off', () => {
  const rules = { minimumLength: 4, complexity: false, historyLength: 0 };
  expect(attempt('annaanna', { rules }).rules).toEqual(['historyOrFilter']);
});

test.each([
  ['Abc1', []],
  ['abc1', ['upper', 'symbol', 'otherLetter']],
  ['ÄÖé1', []],
  ['漢字abc', ['upper', 'digit', 'symbol']],
  ['漢字ab1', []],
  ['😀ab1', []],
])('the kinds missing from %s are %j', (password, missing) => {
  expect(missingKinds(password)).toEqual(missing);
});

test.each([
  ['xANNAx', true],
  ['maria-99', true],
  ['li-li-99', false],
  ['dr.dr.99', false],
])('%s contains a name: %s', (password, contains) => {
  expect(containsName(password, policy.names)).toBe(contains);
});
