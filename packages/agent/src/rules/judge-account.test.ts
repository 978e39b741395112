import { expect, test } from 'vitest';
import { rulesShape } from './agent-rules.ts';
import { judgeAccount, type ResolvedNames, type Subject } from './judge-account.ts';

const domain = 'corp.example.com';
const GUID = '0b2f0d0e-8f3e-4f0e-9b1c-0a1b2c3d4e5f';
const ada: Subject = {
  operation: 'reset',
  forest: 'S-1-5-21-1-2-3',
  objectGuid: GUID,
  dn: 'CN=Ada\\, Countess,OU=Sales,DC=corp,DC=example,DC=com',
  sid: 'S-1-5-21-1-2-3-1105',
  groups: ['S-1-5-21-1-2-3-513', 'S-1-5-21-1-2-3-2001'],
};

const judge = (rules: object, subject: Partial<Subject> = {}, resolved?: ResolvedNames) =>
  judgeAccount(rulesShape.parse(rules), { ...ada, ...subject }, { domain, resolved });
const without = (...names: (keyof Subject)[]) =>
  Object.fromEntries(
    Object.entries(ada).filter(([name]) => !names.includes(name as keyof Subject)),
  ) as Subject;

test('without rules everybody is served, also those of whom little is known', () => {
  expect(judge({})).toBeUndefined();
  expect(
    judgeAccount(rulesShape.parse({}), without('dn', 'sid', 'groups'), { domain, resolved: undefined }),
  ).toBe(undefined);
});

test('scope: below an included place, not below an excluded one, however it is written', () => {
  const include = ['ou=sales, dc=corp, dc=example, dc=com'];
  expect(judge({ scope: { include } })).toBeUndefined();
  expect(judge({ scope: { include } }, { dn: 'CN=x,OU=Other,DC=corp,DC=example,DC=com' })?.rule).toBe(
    'scope',
  );
  expect(judge({ scope: { include, exclude: ['OU=Sales,DC=corp,DC=example,DC=com'] } })).toEqual({
    rule: 'scope',
    detail: 'scope.exclude: OU=Sales,DC=corp,DC=example,DC=com',
  });
  const noDn = judgeAccount(rulesShape.parse({ scope: { include } }), without('dn'), {
    domain,
    resolved: undefined,
  });
  expect(noDn?.detail).toBe('the place of the account is not known');
});

test('groups are excluded by SID, or by DN once the directory has said who that is', () => {
  const bySid = { scope: { excludeGroups: ['s-1-5-21-1-2-3-2001'] } };
  expect(judge(bySid)?.rule).toBe('scope');
  expect(judge(bySid, { groups: [] })).toBeUndefined();
  expect(
    judgeAccount(rulesShape.parse(bySid), without('groups'), { domain, resolved: undefined })?.detail,
  ).toContain('not known');
  const dn = 'CN=Payroll,OU=Groups,DC=corp,DC=example,DC=com';
  const byDn = { scope: { excludeGroups: [dn] } };
  expect(judge(byDn)?.detail).toContain('not looked up yet');
  expect(judge(byDn, {}, new Map([[dn, 'S-1-5-21-1-2-3-2001']]))?.rule).toBe('scope');
  expect(judge(byDn, {}, new Map([[dn, 'S-1-5-21-1-2-3-2002']]))).toBeUndefined();
  expect(judge(byDn, {}, new Map([[dn, null]]))?.detail).toContain('not in the directory');
  const elsewhere = { scope: { excludeGroups: ['CN=Payroll,DC=resource,DC=example,DC=com'] } };
  expect(judge(elsewhere), 'another forest’s group').toBeUndefined();
});

test.each([
  ['its SID', ada.sid ?? ''],
  ['its objectGUID', `{${GUID.toUpperCase()}}`],
])('an account is protected by %s', (_, entry) => {
  expect(judge({ protectedAccounts: [entry] })).toEqual({
    rule: 'protectedAccount',
    detail: `protectedAccounts: ${entry}`,
  });
  expect(
    judge({ protectedAccounts: [entry] }, { sid: 'S-1-5-21-9', objectGuid: GUID.replace('0', '1') }),
  ).toBe(undefined);
});

test('an account is protected by its user principal name, whatever the cloud calls it', () => {
  const rules = { protectedAccounts: ['ceo@corp.example.com'] };
  expect(judge(rules)?.detail).toContain('not looked up yet');
  expect(judge(rules, {}, new Map([['ceo@corp.example.com', ada.sid ?? '']]))?.rule).toBe('protectedAccount');
  expect(judge(rules, {}, new Map([['ceo@corp.example.com', null]]))).toBeUndefined();
});

test('operations that are switched off are refused; a dry run always reads', () => {
  const rules = { operations: ['reset', 'change', 'unlock'] };
  expect(judge(rules, { operation: 'adminReset' })).toEqual({
    rule: 'operation',
    detail: 'operations does not have adminReset',
  });
  expect(judge({ operations: [] }, { operation: 'dryRun' })).toBeUndefined();
});
