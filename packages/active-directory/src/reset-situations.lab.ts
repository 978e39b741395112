import { OUTCOMES } from '@homeward/protocol/outcome';
import { Password } from '@homeward/protocol/password';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DirectoryOutcome } from './diagnosis.ts';
import type { Directory } from './directory.ts';
import { filetimeToUnix } from './filetime.ts';
import { provedByKinit } from './testing/kinit.ts';
import {
  LabAdministrator,
  type LabPerson,
  labForests,
  offersPolicyHints,
  openLabDirectory,
} from './testing/lab-forest.ts';

const plain = { mustChange: false, unlockToo: true };
const fresh = () => Password.of(`Fresh-${crypto.randomUUID()}`);

function said(outcome: DirectoryOutcome) {
  return { kind: outcome.kind, event: OUTCOMES[outcome.kind].event, reason: outcome.diagnosis?.reason };
}

describe.each(labForests())('a reset at Samba $sambaVersion', (forest) => {
  let lab: LabAdministrator;
  let directory: Directory;
  const reset = (person: { objectGuid: string }, password = fresh(), options = {}) =>
    directory.resetPassword(person, password, { ...plain, ...options });
  const version = (person: LabPerson) => lab.read(person.dn, 'msDS-KeyVersionNumber');

  beforeAll(async () => {
    lab = await LabAdministrator.open(forest, 'Resets');
    directory = openLabDirectory(forest);
  });
  afterAll(async () => {
    directory?.close();
    await lab?.close();
  });

  /** Refused before the write: nothing of the person has changed. */
  async function refusedUntouched(person: LabPerson, options = {}) {
    const before = await version(person);
    const outcome = await reset(person, fresh(), options);
    expect(await version(person)).toBe(before);
    expect(await directory.tryPassword(person, Password.of(person.password))).not.toBe('refused');
    return said(outcome);
  }

  test('sets the password, with evidence', async () => {
    const person = await lab.person();
    const password = fresh();
    const began = Date.now();
    const outcome = await reset(person, password);
    const ended = Date.now();
    const before = outcome.evidence?.versionBefore;
    expect(outcome).toMatchObject({
      kind: 'applied',
      evidence: { kind: 'answer', versionAfter: Number(before) + 1 },
    });
    expect(outcome.evidence?.invocationId).toMatch(/^[0-9a-f]{32}$/);
    // Directories keep whole seconds of it.
    expect(outcome.evidence?.writtenAt).toBeGreaterThan(began - 1_000);
    expect(outcome.evidence?.writtenAt).toBeLessThanOrEqual(ended);
    expect(await provedByKinit(forest, person.userName, password.reveal())).toBe('accepted');
    expect(await provedByKinit(forest, person.userName, person.password)).toBe('refused');
  });

  test('says whether history was enforced', async () => {
    const person = await lab.person();
    const old = Password.of(person.password);
    await reset(person);
    const again = await reset(person, old);
    if (offersPolicyHints(forest))
      expect(again).toMatchObject({
        kind: 'refusedByPolicy',
        refusal: { rules: ['historyOrFilter'], historyLength: 24 },
      });
    else expect(again).toMatchObject({ kind: 'applied', notes: ['historyNotEnforced'] });
  });

  test('minimum age holds where the directory applies it to resets, to the second', async () => {
    const person = await lab.person();
    await lab.domainPolicy({ minPwdAge: String(-2n * 864_000_000_000n) });
    const outcome = await reset(person);
    const retryAt = filetimeToUnix(BigInt((await lab.read(person.dn, 'pwdLastSet')) ?? 0)) + 2 * 86_400_000;
    if (offersPolicyHints(forest))
      expect(outcome).toMatchObject({ kind: 'refusedByPolicy', refusal: { rules: ['tooYoung'], retryAt } });
    else expect(outcome).toMatchObject({ kind: 'applied', notes: ['historyNotEnforced'] });
    await lab.domainPolicy({ minPwdAge: '0' });
  });

  test('all broken rules are told, age first, where age is applied', async () => {
    const person = await lab.person();
    await lab.domainPolicy({ minPwdAge: String(-2n * 864_000_000_000n) });
    const rules = ['tooShort', 'notComplex'];
    expect(await reset(person, Password.of('kurz'))).toMatchObject({
      kind: 'refusedByPolicy',
      refusal: { rules: offersPolicyHints(forest) ? ['tooYoung', ...rules] : rules },
    });
    await lab.domainPolicy({ minPwdAge: '0' });
  });

  test.each([
    ['Kurz-1!', { rules: ['tooShort'], minimumLength: 8 }],
    ['nothing but lowercase', { rules: ['notComplex'], missingKinds: ['upper', 'digit', 'otherLetter'] }],
    ['short', { rules: ['tooShort', 'notComplex'] }],
  ])('refuses %j with the rules that it breaks', async (typed, refusal) => {
    const person = await lab.person();
    const before = await version(person);
    const outcome = await reset(person, Password.of(typed));
    expect(outcome).toMatchObject({ kind: 'refusedByPolicy', refusal });
    expect(OUTCOMES[outcome.kind].event).toBe(33008);
    expect(await version(person)).toBe(before);
  });

  test('names the account name in a refused password', async () => {
    const person = await lab.person({ displayName: 'Ann Lee' });
    expect(await reset(person, Password.of('ann1'))).toMatchObject({
      refusal: { rules: ['tooShort', 'notComplex', 'containsName'] },
    });
  });

  test.each([
    ['quotes', '"Say "hi" 1"'],
    ['spaces at the ends', ' Padded 1 '],
    ['emoji', 'Emoji 😀👩‍👩‍👧 1'],
    ['combining marks', 'Cafe\u0301 Zu\u0308ri 1'],
    ['right to left', 'שלום Salām سلام 1'],
    ['127 characters', `${'Aa1-'.repeat(31)}Aa1`],
    ['256 characters', 'Aa1-'.repeat(64)],
  ])('writes a password with %s exactly', async (_, typed) => {
    const person = await lab.person();
    expect(await reset(person, Password.of(typed))).toMatchObject({ kind: 'applied' });
    expect(await directory.tryPassword(person, Password.of(typed))).toBe('accepted');
    expect(await directory.tryPassword(person, Password.of(`${typed.slice(0, -1)}x`))).toBe('refused');
  });

  test('keeps the composed and the decomposed form apart', async () => {
    const person = await lab.person();
    await reset(person, Password.of('Cafe\u0301-Zug-1'));
    expect(await directory.tryPassword(person, Password.of('Café-Zug-1'))).toBe('refused');
  });

  test('asks for a change at next logon', async () => {
    const person = await lab.person();
    const password = fresh();
    expect(await reset(person, password, { mustChange: true })).toMatchObject({ kind: 'applied' });
    expect(await lab.read(person.dn, 'pwdLastSet')).toBe('0');
    expect(await directory.tryPassword(person, password)).toBe('mustChange');
  });

  test('two must-change resets in a row are told apart by version', async () => {
    const person = await lab.person();
    const first = await reset(person, fresh(), { mustChange: true });
    const second = await reset(person, fresh(), { mustChange: true });
    expect(second.evidence?.versionBefore).toBe(first.evidence?.versionAfter);
    expect(second.evidence?.versionAfter).toBe(Number(first.evidence?.versionAfter) + 1);
  });

  test('does not ask for a change where the password never expires, and says so', async () => {
    const person = await lab.person({ userAccountControl: String(0x200 | 0x10000) });
    const outcome = await reset(person, fresh(), { mustChange: true });
    expect(outcome).toMatchObject({ kind: 'applied', notes: expect.arrayContaining(['neverExpires']) });
    expect(await lab.read(person.dn, 'pwdLastSet')).not.toBe('0');
  });

  test('unlocks a locked person', async () => {
    const person = await lab.person();
    await lab.lock(person);
    const password = fresh();
    expect(await directory.tryPassword(person, password)).toBe('locked');
    expect(await reset(person, password)).toMatchObject({
      kind: 'applied',
      notes: expect.arrayContaining(['unlocked']),
    });
    expect(await directory.tryPassword(person, password)).toBe('accepted');
  });

  test('leaves a person locked where unlocking was not asked for', async () => {
    const person = await lab.person();
    await lab.lock(person);
    const password = fresh();
    expect(await reset(person, password, { unlockToo: false })).toMatchObject({ kind: 'applied' });
    expect(await directory.tryPassword(person, password)).toBe('locked');
  });

  test('refuses a disabled account', async () => {
    const person = await lab.person({ userAccountControl: String(0x200 | 0x2) });
    expect(await refusedUntouched(person)).toEqual({
      kind: 'disabled',
      event: 33005,
      reason: 'accountIsDisabled',
    });
  });

  test('refuses an expired account', async () => {
    const person = await lab.person({ accountExpires: '133000000000000000' });
    expect(await refusedUntouched(person)).toEqual({
      kind: 'accountExpired',
      event: 33005,
      reason: 'accountHasExpired',
    });
  });

  test('takes an account that expires later', async () => {
    const person = await lab.person({ accountExpires: '143000000000000000' });
    expect(await reset(person)).toMatchObject({ kind: 'applied' });
  });

  test('refuses an account that needs a smart card', async () => {
    const person = await lab.person();
    await lab.replace(person.dn, { userAccountControl: String(0x200 | 0x40000) });
    expect(said(await reset(person))).toEqual({
      kind: 'smartCardRequired',
      event: 33004,
      reason: 'smartCardRequired',
    });
  });

  test.each(['protected', 'nestedProtected'])('refuses a %s person of the lab', async (kind) => {
    const person = forest.people.find((one) => one.kind === kind);
    expect(said(await reset(person as never))).toEqual({
      kind: 'protectedAccount',
      event: 33004,
      reason: 'protectedGroup',
    });
  });

  test('refuses a person whose primary group is protected', async () => {
    const person = await lab.person();
    const admins = `CN=Domain Admins,CN=Users,${forest.baseDn}`;
    await lab.replace(admins, {
      member: [`CN=Administrator,CN=Users,${forest.baseDn}`, ...(await members(admins)), person.dn],
    });
    await lab.replace(person.dn, { primaryGroupID: '512' });
    expect(await refusedUntouched(person)).toMatchObject({
      kind: 'protectedAccount',
      reason: 'protectedGroup',
    });
  });

  test('names a leftover adminCount', async () => {
    const person = await lab.person({ adminCount: '1' });
    expect(await refusedUntouched(person)).toEqual({
      kind: 'protectedAccount',
      event: 33004,
      reason: 'leftoverAdminCount',
    });
  });

  test('does not find who never was', async () => {
    expect(said(await reset({ objectGuid: crypto.randomUUID() }))).toEqual({
      kind: 'notFound',
      event: 33002,
      reason: 'noSuchAccount',
    });
  });

  test('does not find who was deleted', async () => {
    const person = await lab.person();
    await lab.client.del(person.dn);
    expect(said(await reset(person))).toMatchObject({ kind: 'notFound', reason: 'noSuchAccount' });
  });

  test('does not take a computer for a person', async () => {
    const computer = await lab.person({ objectClass: 'computer', userAccountControl: '4096' });
    expect(said(await reset(computer))).toMatchObject({ kind: 'notFound', reason: 'notAPerson' });
  });

  test('follows a person who was renamed and moved', async () => {
    const person = await lab.person();
    const elsewhere = `OU=Elsewhere,${lab.ou}`;
    await lab.client.add(elsewhere, { objectClass: 'organizationalUnit' });
    await lab.client.modifyDN(person.dn, `CN=Renamed,${elsewhere}`);
    const password = fresh();
    expect(await reset(person, password)).toMatchObject({ kind: 'applied' });
    expect(await directory.tryPassword(person, password)).toBe('accepted');
  });

  test.each([', + " \\ < > ; = / #', '# leading', ' spaces ', '😀 Émile 漢字', 'x'.repeat(64)])(
    'takes a person and an OU named %j',
    async (name) => {
      const { ou } = await lab.organizationalUnit(name);
      const person = await lab.person({}, { cn: name, ou });
      const password = fresh();
      expect(await reset(person, password)).toMatchObject({ kind: 'applied' });
      expect(await directory.tryPassword(person, password)).toBe('accepted');
    },
  );

  test('does not write what is no longer wanted', async () => {
    const person = await lab.person();
    const seen: unknown[] = [];
    const options = { onBeforeWrite: (before: object) => void seen.push(before), stillValid: () => false };
    expect(await refusedUntouched(person, options)).toEqual({
      kind: 'expired',
      event: 32008,
      reason: 'tooLate',
    });
    expect(seen).toEqual([expect.objectContaining({ versionBefore: expect.any(Number) })]);
  });

  test('does not write when the journal fails', async () => {
    const person = await lab.person();
    const before = await version(person);
    const failing = { onBeforeWrite: () => Promise.reject(new Error('disk full')) };
    await expect(reset(person, fresh(), failing)).rejects.toThrow('disk full');
    expect(await version(person)).toBe(before);
  });

  test('names the right that is missing outside its own OUs', async () => {
    const ou = `OU=Outside ${Date.now().toString(36)},${forest.baseDn}`;
    await lab.client.add(ou, { objectClass: 'organizationalUnit' });
    const person = await lab.person({}, { ou });
    lab.afterwards(() => lab.client.del(ou));
    lab.afterwards(() => lab.client.del(person.dn));
    const outcome = await reset(person);
    expect(said(outcome)).toMatchObject({ kind: 'notPermitted', event: 33004 });
    expect(outcome.diagnosis?.missingRights).toEqual(['resetPassword', 'writeLockoutTime']);
  });

  test('refuses where history is required and cannot be enforced', async () => {
    const strict = openLabDirectory(forest, forest.agentAccount, { requirePolicyHints: true });
    const person = await lab.person();
    const outcome = await strict.resetPassword(person, fresh(), plain);
    strict.close();
    if (offersPolicyHints(forest)) expect(outcome.kind).toBe('applied');
    else
      expect(said(outcome)).toEqual({
        kind: 'policyHintsMissing',
        event: 6329,
        reason: 'policyHintsNotOffered',
      });
  });

  async function members(group: string): Promise<string[]> {
    const { searchEntries } = await lab.client.search(group, { scope: 'base', attributes: ['member'] });
    const value = searchEntries[0]?.['member'];
    const list = Array.isArray(value) ? value.map(String) : [String(value)];
    return list.filter((dn) => !dn.startsWith('CN=Administrator,'));
  }
});
