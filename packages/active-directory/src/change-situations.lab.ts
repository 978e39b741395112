import { OUTCOMES } from '@homeward/protocol/outcome';
import { Password } from '@homeward/protocol/password';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DirectoryOutcome } from './diagnosis.ts';
import type { Directory } from './directory.ts';
import { filetimeToUnix } from './filetime.ts';
import { provedByKinit } from './testing/kinit.ts';
import { LabAdministrator, type LabPerson, labForests, openLabDirectory } from './testing/lab-forest.ts';

const fresh = () => Password.of(`Fresh-${crypto.randomUUID()}`);

function said(outcome: DirectoryOutcome) {
  return { kind: outcome.kind, event: OUTCOMES[outcome.kind].event, reason: outcome.diagnosis?.reason };
}

describe.each(labForests())('changes and unlocks at Samba $sambaVersion', (forest) => {
  let lab: LabAdministrator;
  let directory: Directory;
  const change = (person: LabPerson, next = fresh(), current = Password.of(person.password)) =>
    directory.changePassword(person, { current, next });
  const version = (person: LabPerson) => lab.read(person.dn, 'msDS-KeyVersionNumber');

  beforeAll(async () => {
    lab = await LabAdministrator.open(forest, 'Changes');
    directory = openLabDirectory(forest);
  });
  afterAll(async () => {
    directory?.close();
    await lab?.close();
  });

  test('a change sets the new password, with evidence', async () => {
    const person = await lab.person();
    const next = fresh();
    const outcome = await change(person, next);
    expect(outcome).toMatchObject({ kind: 'applied', notes: [], evidence: { kind: 'answer' } });
    expect(outcome.evidence?.versionAfter).toBe(Number(outcome.evidence?.versionBefore) + 1);
    expect(await provedByKinit(forest, person.userName, next.reveal())).toBe('accepted');
    expect(await provedByKinit(forest, person.userName, person.password)).toBe('refused');
  });

  test('a wrong current password is named, and counts against the person', async () => {
    const person = await lab.person();
    await lab.pso({ 'msDS-LockoutThreshold': '5' }, [person]);
    const before = await version(person);
    expect(said(await change(person, fresh(), fresh()))).toEqual({
      kind: 'wrongCurrentPassword',
      event: 33007,
      reason: 'currentPasswordWrong',
    });
    expect(await version(person)).toBe(before);
    expect(await lab.read(person.dn, 'badPwdCount')).toBe('1');
  });

  test('history holds on a change', async () => {
    const person = await lab.person();
    const next = fresh();
    await change(person, next);
    expect(await change(person, Password.of(person.password), next)).toMatchObject({
      kind: 'refusedByPolicy',
      refusal: { rules: ['historyOrFilter'], historyLength: 24 },
    });
  });

  test('a short password is refused with the minimum', async () => {
    const person = await lab.person();
    expect(await change(person, Password.of('Kurz-1!'))).toMatchObject({
      kind: 'refusedByPolicy',
      refusal: { rules: ['tooShort'], minimumLength: 8 },
    });
  });

  test('too young says when, to the second', async () => {
    const person = await lab.person();
    await lab.domainPolicy({ minPwdAge: String(-2n * 864_000_000_000n) });
    const outcome = await change(person, Password.of('Kurz-1!'));
    const set = BigInt((await lab.read(person.dn, 'pwdLastSet')) ?? 0);
    const retryAt = filetimeToUnix(set) + 2 * 86_400_000;
    expect(outcome).toMatchObject({
      kind: 'refusedByPolicy',
      refusal: { rules: ['tooYoung', 'tooShort'], retryAt },
    });
    expect((await directory.policy(person))?.nextChangeAllowedAt).toBe(retryAt);
    expect(await directory.dryRun(person, { operation: 'change' })).toMatchObject({
      outcome: { kind: 'refusedByPolicy', refusal: { rules: ['tooYoung'], retryAt } },
    });
    await lab.domainPolicy({ minPwdAge: '0' });
  });

  test('a locked person is told so, and the try does not count', async () => {
    const person = await lab.person();
    await lab.lock(person);
    const before = await lab.read(person.dn, 'badPwdCount');
    expect(said(await change(person))).toEqual({ kind: 'locked', event: 33006, reason: 'accountIsLocked' });
    expect(await lab.read(person.dn, 'badPwdCount')).toBe(before);
  });

  test('somebody who cannot change their password is told so, not that it breaks a rule', async () => {
    const person = await lab.person();
    await lab.denyOn(person.dn, 'S-1-1-0', 'ab721a53-1e2f-11d0-9819-00aa0040529b');
    const outcome = await change(person);
    expect(said(outcome)).toEqual({ kind: 'cannotChangePassword', event: 33004, reason: 'changeNotAllowed' });
    expect(outcome.diagnosis?.missingRights).toEqual(['changePassword']);
    expect((await directory.dryRun(person, { operation: 'change' })).outcome).toMatchObject({
      kind: 'cannotChangePassword',
    });
  });

  test('somebody who must change at next logon can do it here', async () => {
    const person = await lab.person();
    await lab.replace(person.dn, { pwdLastSet: '0' });
    const next = fresh();
    expect(await change(person, next)).toMatchObject({ kind: 'applied' });
    expect(await directory.tryPassword(person, next)).toBe('accepted');
  });

  test.each([
    ['disabled', { userAccountControl: String(0x202) }],
    ['accountExpired', { accountExpires: '133000000000000000' }],
    ['smartCardRequired', { userAccountControl: String(0x40200) }],
    ['protectedAccount', { adminCount: '1' }],
  ])('a change is refused as %s before it is tried', async (kind, attributes) => {
    const person = await lab.person();
    await lab.replace(person.dn, attributes);
    const before = await version(person);
    expect((await change(person)).kind).toBe(kind);
    expect(await version(person)).toBe(before);
    expect(await lab.read(person.dn, 'badPwdCount')).not.toBe('1');
  });

  test('an unlock unlocks and leaves the password alone', async () => {
    const person = await lab.person();
    await lab.lock(person);
    const before = await version(person);
    expect(await directory.tryPassword(person, Password.of(person.password))).toBe('locked');
    expect(await directory.unlock(person)).toMatchObject({ kind: 'applied', notes: ['unlocked'] });
    expect(await directory.tryPassword(person, Password.of(person.password))).toBe('accepted');
    expect(await version(person)).toBe(before);
  });

  test('an unlock of somebody who is not locked changes nothing', async () => {
    const person = await lab.person();
    expect(await directory.unlock(person)).toMatchObject({ kind: 'applied', notes: [] });
    expect(await directory.tryPassword(person, Password.of(person.password))).toBe('accepted');
  });

  test('an unlock of a protected person is refused', async () => {
    const person = await lab.person({ adminCount: '1' });
    expect(said(await directory.unlock(person))).toMatchObject({ kind: 'protectedAccount', event: 33004 });
  });

  describe('policy', () => {
    test('is the domain’s for most', async () => {
      const person = await lab.person({ displayName: 'Ann Lee' });
      expect(await directory.policy(person)).toEqual({
        source: 'domain',
        dn: forest.baseDn,
        rules: expect.objectContaining({ minimumLength: 8, complexity: true, historyLength: 24 }),
        names: { accountName: person.userName, displayName: 'Ann Lee' },
        mustChange: false,
      });
    });

    test('of a PSO that our account may not read is not guessed', async () => {
      const person = await lab.person();
      const dn = await lab.pso({ 'msDS-MinimumPasswordLength': '20' }, [person]);
      expect(await directory.policy(person)).toMatchObject({ source: 'pso', dn });
      expect((await directory.policy(person))?.rules).toBeUndefined();
      const refused = await directory.resetPassword(person, Password.of('Only-15-chars!!'), {
        mustChange: false,
        unlockToo: true,
      });
      expect(refused).toMatchObject({ kind: 'refusedByPolicy', refusal: { rules: [] } });
      const dry = await directory.dryRun(person, { operation: 'reset' });
      expect(dry.outcome.kind).toBe('applied');
      expect(dry.notKnown).toContain('policy');
    });

    test('of a PSO that our account may read is what refusals are compared with', async () => {
      const person = await lab.person();
      await lab.pso({ 'msDS-MinimumPasswordLength': '20', 'msDS-MaximumPasswordAge': '-1728000000000' }, [
        person,
      ]);
      const asAdministrator = openLabDirectory(forest, forest.administrator);
      const policy = await asAdministrator.policy(person);
      expect(policy).toMatchObject({
        source: 'pso',
        rules: { minimumLength: 20, maximumAge: 172_800_000, complexity: true },
      });
      const set = BigInt((await lab.read(person.dn, 'pwdLastSet')) ?? 0);
      expect(policy?.expiresAt).toBe(filetimeToUnix(set) + 172_800_000);
      const refused = await asAdministrator.resetPassword(person, Password.of('Only-15-chars!!'), {
        mustChange: false,
        unlockToo: true,
      });
      asAdministrator.close();
      expect(refused).toMatchObject({ refusal: { rules: ['tooShort'], minimumLength: 20 } });
    });

    test('of nobody is nothing', async () => {
      expect(await directory.policy({ objectGuid: crypto.randomUUID() })).toBeUndefined();
    });
  });

  describe('a dry run', () => {
    test('says what stands in the way, and what it cannot know, and writes nothing', async () => {
      const person = await lab.person();
      const before = await version(person);
      const good = await directory.dryRun(person, { operation: 'reset', unlockToo: true, password: fresh() });
      expect(good).toMatchObject({ outcome: { kind: 'applied' }, notKnown: ['history', 'filter'] });
      const short = await directory.dryRun(person, { operation: 'reset', password: Password.of('Kurz-1!') });
      expect(short).toMatchObject({ outcome: { kind: 'refusedByPolicy', refusal: { rules: ['tooShort'] } } });
      const change = await directory.dryRun(person, { operation: 'change' });
      expect(change.notKnown).toEqual(['history', 'filter', 'currentPassword']);
      expect(await directory.dryRun(person, { operation: 'unlock' })).toMatchObject({
        outcome: { kind: 'applied' },
        notKnown: [],
      });
      expect(await version(person)).toBe(before);
    });

    test('names the missing right', async () => {
      const person = await lab.person();
      const dry = await directory.dryRun(person, {
        operation: 'reset',
        marker: 'msDS-cloudExtensionAttribute15',
      });
      expect(dry.outcome).toMatchObject({
        kind: 'notPermitted',
        diagnosis: { missingRights: ['writeMarker'] },
      });
    });

    test('refuses who would be refused', async () => {
      const person = await lab.person({ userAccountControl: String(0x202) });
      expect((await directory.dryRun(person, { operation: 'reset' })).outcome.kind).toBe('disabled');
    });
  });
});
