import { setTimeout as sleep } from 'node:timers/promises';
import { OUTCOMES } from '@homeward/protocol/outcome';
import { Password } from '@homeward/protocol/password';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { POLICY_HINTS_OIDS } from './controller-facts.ts';
import type { Directory } from './directory.ts';
import { filetimeToUnix, unixToFiletime } from './filetime.ts';
import {
  LabAdministrator,
  type LabPerson,
  labForests,
  offersPolicyHints,
  openLabDirectory,
} from './testing/lab-forest.ts';

const SECOND = 10_000_000n;
const DAY = 86_400n * SECOND;
const HOUR_MS = 3_600_000;
const fresh = () => Password.of(`Fresh-${crypto.randomUUID()}`);
const age = (ticks: bigint) => ({ minPwdAge: String(-ticks) });

describe.each(labForests())('history and minimum age on a reset at Samba $sambaVersion', (forest) => {
  const enforced = offersPolicyHints(forest);
  let lab: LabAdministrator;
  let directory: Directory;

  beforeAll(async () => {
    lab = await LabAdministrator.open(forest, 'History');
    directory = openLabDirectory(forest);
  });
  afterAll(async () => {
    directory?.close();
    await lab?.close();
  });

  const reset = (person: LabPerson, password = fresh(), by = directory) =>
    by.resetPassword(person, password, { mustChange: false, unlockToo: true });
  const version = async (person: LabPerson) => Number(await lab.read(person.dn, 'msDS-KeyVersionNumber'));
  const lastSet = async (person: LabPerson) => BigInt((await lab.read(person.dn, 'pwdLastSet')) ?? 0);

  test('the controller says whether it can', async () => {
    expect(await directory.probe()).toMatchObject({
      reachable: true,
      policyHints: enforced ? POLICY_HINTS_OIDS[0] : undefined,
    });
  });

  test('an old password is refused where history holds, and the answer says so where it does not', async () => {
    await lab.domainPolicy(age(0n));
    const person = await lab.person();
    const first = fresh();
    for (const password of [first, fresh(), fresh()])
      expect(await reset(person, password)).toMatchObject({ kind: 'applied' });
    const before = await version(person);

    for (const old of [first, Password.of(person.password)]) {
      const outcome = await reset(person, old);
      if (enforced) {
        expect(outcome).toMatchObject({
          kind: 'refusedByPolicy',
          refusal: { rules: ['historyOrFilter'], historyLength: 24 },
        });
        expect(OUTCOMES[outcome.kind].event).toBe(33008);
        expect(await directory.tryPassword(person, old)).toBe('refused');
      } else {
        expect(outcome).toMatchObject({ kind: 'applied', notes: ['historyNotEnforced'] });
        expect(await directory.tryPassword(person, old)).toBe('accepted');
      }
    }
    expect(await version(person)).toBe(before + (enforced ? 0 : 2));
  });

  test('a password that history has forgotten is taken again', async () => {
    await lab.domainPolicy({ ...age(0n), pwdHistoryLength: '3' });
    const person = await lab.person();
    const old = fresh();
    for (const password of [old, fresh(), fresh(), fresh()])
      expect(await reset(person, password)).toMatchObject({ kind: 'applied' });
    expect(await reset(person, old)).toMatchObject({ kind: 'applied' });
    expect(await directory.tryPassword(person, old)).toBe('accepted');
    await lab.domainPolicy({ pwdHistoryLength: '24' });
  });

  test('a password younger than the minimum age stays, and the time to try again is exact', async () => {
    await lab.domainPolicy(age(DAY));
    const person = await lab.person();
    const before = await version(person);
    const retryAt = filetimeToUnix((await lastSet(person)) + DAY);
    expect((await directory.policy(person))?.nextChangeAllowedAt).toBe(retryAt);
    const foretold = await directory.dryRun(person, { operation: 'reset' });
    expect(foretold.outcome.kind).toBe('applied');
    expect(foretold.notKnown.includes('minimumAge')).toBe(enforced);
    const outcome = await reset(person);
    if (enforced) {
      expect(outcome).toMatchObject({
        kind: 'refusedByPolicy',
        refusal: { rules: ['tooYoung'], retryAt },
      });
      expect(await version(person)).toBe(before);
    } else expect(outcome).toMatchObject({ kind: 'applied', notes: ['historyNotEnforced'] });
  });

  test('the directory itself refuses until that time, and takes it then', async () => {
    await lab.domainPolicy(age(DAY));
    const person = await lab.person();
    const first = await reset(person);
    if (!enforced) return expect(first).toMatchObject({ kind: 'applied' });
    const set = await lastSet(person);
    const inADay = filetimeToUnix(set + DAY);
    expect(first).toMatchObject({
      kind: 'refusedByPolicy',
      refusal: { rules: ['tooYoung'], retryAt: inADay },
    });
    // So that the time comes soon, however long all this took.
    const enough = unixToFiletime(Date.now() + 3_000) - set;
    await lab.domainPolicy(age(enough));
    const retryAt = filetimeToUnix(set + enough);
    for (let isTaken = false; !isTaken; ) {
      const began = Date.now();
      const outcome = await reset(person);
      isTaken = outcome.kind === 'applied';
      if (isTaken) expect(Date.now()).toBeGreaterThanOrEqual(retryAt);
      else {
        expect(outcome).toMatchObject({ refusal: { rules: ['tooYoung'], retryAt } });
        expect(began).toBeLessThan(retryAt);
        await sleep(100);
      }
    }
    await lab.domainPolicy(age(0n));
  });

  test('what was too young when it was refused is called so, also where its time has come since', async () => {
    await lab.domainPolicy(age(DAY));
    const person = await lab.person();
    const retryAt = filetimeToUnix((await lastSet(person)) + DAY);
    let ahead = 0;
    const slow = openLabDirectory(forest, forest.agentAccount, {}, { now: () => Date.now() + ahead });
    const outcome = await slow.resetPassword(person, fresh(), {
      mustChange: false,
      unlockToo: true,
      stillValid: () => {
        // Once the write is on its way.
        setImmediate(() => {
          ahead = 2 * 24 * HOUR_MS;
        });
        return true;
      },
    });
    slow.close();
    if (enforced)
      expect(outcome).toMatchObject({ kind: 'refusedByPolicy', refusal: { rules: ['tooYoung'], retryAt } });
    else expect(outcome).toMatchObject({ kind: 'applied' });
  });

  test('all rules that are broken are told at once, the age first', async () => {
    await lab.domainPolicy(age(DAY));
    const person = await lab.person();
    expect(await reset(person, Password.of('kurz'))).toMatchObject({
      kind: 'refusedByPolicy',
      refusal: { rules: [...(enforced ? ['tooYoung'] : []), 'tooShort', 'notComplex'], minimumLength: 8 },
    });
  });

  test('a PSO’s minimum age counts and not the domain’s, also where our account may not read it', async () => {
    await lab.domainPolicy(age(DAY));
    const [lenient, strict] = [await lab.person(), await lab.person()];
    await lab.pso({ 'msDS-MinimumPasswordAge': '0' }, [lenient]);
    await lab.pso({ 'msDS-MinimumPasswordAge': String(-HOUR_MS * 10_000) }, [strict]);
    expect(await reset(lenient)).toMatchObject({ kind: 'applied' });
    const hidden = await reset(strict);
    const shown = openLabDirectory(forest, forest.administrator);
    const told = await reset(strict, fresh(), shown);
    shown.close();
    if (enforced) {
      expect(hidden).toMatchObject({ kind: 'refusedByPolicy', refusal: { rules: [] } });
      const retryAt = filetimeToUnix(await lastSet(strict)) + HOUR_MS;
      expect(told).toMatchObject({ kind: 'refusedByPolicy', refusal: { rules: ['tooYoung'], retryAt } });
    } else for (const outcome of [hidden, told]) expect(outcome).toMatchObject({ kind: 'applied' });
  });

  test('where history is required, a controller without policy hints gets no reset at all', async () => {
    await lab.domainPolicy(age(0n));
    const strict = openLabDirectory(forest, forest.agentAccount, { requirePolicyHints: true });
    const person = await lab.person();
    const before = await version(person);
    const outcome = await reset(person, fresh(), strict);
    strict.close();
    if (enforced) return expect(outcome).toMatchObject({ kind: 'applied', notes: [] });
    expect(outcome).toMatchObject({
      kind: 'policyHintsMissing',
      diagnosis: { reason: 'policyHintsNotOffered', controller: forest.hostName },
    });
    expect(OUTCOMES[outcome.kind].event).toBe(6329);
    expect(await version(person)).toBe(before);
  });
});
