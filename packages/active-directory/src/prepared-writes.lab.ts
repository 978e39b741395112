import { Password } from '@homeward/protocol/password';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Directory } from './directory.ts';
import type { EvidenceBefore, Prepared } from './prepared.ts';
import { LabAdministrator, type LabPerson, labForests, openLabDirectory } from './testing/lab-forest.ts';
import { startTcpProxy, type TcpProxy } from './testing/tcp-proxy.ts';

const MARKER = 'msDS-cloudExtensionAttribute15';
const fresh = () => Password.of(`Fresh-${crypto.randomUUID()}`);

/** What was read ahead is good for three seconds; a busy machine may take them for nothing. */
const now = Date.now();
const still = { now: () => now };

describe.each(labForests())('a write that was read ahead, on $domain', (forest) => {
  let lab: LabAdministrator;
  let proxy: TcpProxy;
  let directory: Directory;

  beforeAll(async () => {
    lab = await LabAdministrator.open(forest, 'Prepared writes');
    proxy = await startTcpProxy({ host: forest.address, port: 636 });
    const pinned = { controllers: [forest.hostName], addresses: { [forest.hostName]: proxy.address } };
    directory = openLabDirectory(forest, forest.agentAccount, pinned, still);
  });
  afterAll(async () => {
    directory?.close();
    await proxy?.stop();
    await lab?.close();
  });

  async function prepared(person: LabPerson, from = directory): Promise<Prepared> {
    const read = await from.prepare(person, { operation: 'reset', fence: true });
    if (read.kind !== 'prepared') throw new Error(`could not be prepared: ${read.kind}`);
    return read;
  }

  const options = { mustChange: false, unlockToo: true, fence: { requestId: crypto.randomUUID() } };

  test('leaves the modify and its evidence to do, in one round', async () => {
    const person = await lab.person();
    const read = await prepared(person);
    let told: EvidenceBefore | undefined;
    const before = proxy.rounds;
    const outcome = await directory.resetPassword(person, fresh(), {
      ...options,
      prepared: read,
      onBeforeWrite: (evidence) => {
        told = evidence;
      },
    });
    expect(proxy.rounds - before).toBe(1);
    expect(told).toEqual(read.evidence);
    expect(outcome).toMatchObject({
      kind: 'applied',
      evidence: {
        versionBefore: read.evidence.versionBefore,
        versionAfter: Number(told?.versionBefore) + 1,
      },
    });
  });

  test.each([
    ['after three seconds', (read: Prepared) => ({ ...read, readAt: read.readAt - 3_001 })],
    ['for another operation', (read: Prepared) => ({ ...read, request: { operation: 'change' as const } })],
    ['for another person', (read: Prepared) => ({ ...read, target: { objectGuid: crypto.randomUUID() } })],
    [
      'at another controller',
      (read: Prepared) => ({ ...read, evidence: { ...read.evidence, invocationId: '00'.repeat(16) } }),
    ],
  ])('is read again %s', async (_, changed) => {
    const person = await lab.person();
    const read = await prepared(person);
    await lab.replace(person.dn, { userAccountControl: '514' });
    const outcome = await directory.resetPassword(person, fresh(), { ...options, prepared: changed(read) });
    expect(outcome.kind).toBe('disabled');
  });

  test('who was never locked is not unlocked, who is locked is, in the same modify', async () => {
    const person = await lab.person();
    expect(await directory.resetPassword(person, fresh(), options)).toMatchObject({ kind: 'applied' });
    expect(await lab.read(person.dn, 'lockoutTime')).toBeUndefined();
    await lab.lock(person);
    expect(Number(await lab.read(person.dn, 'lockoutTime'))).toBeGreaterThan(0);
    const read = await prepared(person);
    const before = proxy.rounds;
    const outcome = await directory.resetPassword(person, fresh(), { ...options, prepared: read });
    expect(proxy.rounds - before).toBe(1);
    expect(outcome).toMatchObject({ kind: 'applied', notes: expect.arrayContaining(['unlocked']) });
    expect(await lab.read(person.dn, 'lockoutTime')).toBe('0');
  });

  test('who is locked between the read and the write is unlocked after it', async () => {
    const person = await lab.person();
    const read = await prepared(person);
    await lab.lock(person);
    const outcome = await directory.resetPassword(person, fresh(), { ...options, prepared: read });
    expect(outcome).toMatchObject({ kind: 'applied' });
    expect(outcome.diagnosis).toBeUndefined();
    expect(await lab.read(person.dn, 'lockoutTime')).toBe('0');
  });

  describe('after a dry run of the same flow', () => {
    const tried = async (person: LabPerson) => {
      const { outcome } = await directory.dryRun(person, { operation: 'reset' });
      expect(outcome.kind).toBe('applied');
    };

    test('reads only what can have changed meanwhile, and knows the groups still', async () => {
      const person = await lab.person();
      const whole = await prepared(person);
      await tried(person);
      const read = await prepared(person);
      expect(read.state).toEqual(whole.state);
      expect(read.state.groups.length).toBeGreaterThan(0);
      expect(await directory.resetPassword(person, fresh(), { ...options, prepared: read })).toMatchObject({
        kind: 'applied',
        evidence: { versionAfter: Number(read.evidence.versionBefore) + 1 },
      });
    });

    test('a person who was disabled meanwhile is refused', async () => {
      const person = await lab.person();
      await tried(person);
      await lab.replace(person.dn, { userAccountControl: '514' });
      const outcome = await directory.resetPassword(person, fresh(), {
        ...options,
        prepared: await prepared(person),
      });
      expect(outcome.kind).toBe('disabled');
    });

    test('a person who was protected meanwhile is refused by adminCount', async () => {
      const person = await lab.person();
      await tried(person);
      await lab.replace(person.dn, { adminCount: '1' });
      const outcome = await directory.resetPassword(person, fresh(), {
        ...options,
        prepared: await prepared(person),
      });
      expect(outcome.kind).toBe('protectedAccount');
    });
  });

  test('a person who was renamed between the read and the write is written, and proven, all the same', async () => {
    const person = await lab.person();
    const read = await prepared(person);
    await lab.client.modifyDN(person.dn, `CN=renamed ${crypto.randomUUID().slice(0, 8)}`);
    expect(await directory.resetPassword(person, fresh(), { ...options, prepared: read })).toMatchObject({
      kind: 'applied',
      evidence: { versionAfter: Number(read.evidence.versionBefore) + 1 },
    });
  });

  test('what the caller does not permit is not written', async () => {
    const person = await lab.person();
    const seen: string[] = [];
    const outcome = await directory.resetPassword(person, fresh(), {
      ...options,
      permit: ({ dn, groups }) => {
        seen.push(dn, ...groups);
        return { kind: 'refusedByAgent' };
      },
    });
    expect(outcome).toEqual({ kind: 'refusedByAgent' });
    expect(seen[0]).toBe(person.dn);
    expect(seen.length).toBeGreaterThan(1);
    expect(await directory.tryPassword(person, Password.of(person.password))).toBe('accepted');
  });

  describe('the fence', () => {
    test('is left out where our account may not write it', async () => {
      const person = await lab.person();
      expect((await prepared(person)).evidence.markerAttribute).toBeUndefined();
      expect(await directory.resetPassword(person, fresh(), options)).toMatchObject({ kind: 'applied' });
      expect(await lab.read(person.dn, MARKER)).toBeUndefined();
    });

    test('is written where it may, and stops a write that was prepared before another one', async () => {
      const account = await lab.person();
      const ours = openLabDirectory(forest, account, {}, still);
      const administrator = openLabDirectory(forest, forest.administrator);
      lab.afterwards(async () => ours.close());
      const report = await ours.rights({ ou: lab.ou });
      const rights = ['resetPassword', 'writeLockoutTime', 'writePwdLastSet', 'writeMarker'] as const;
      await administrator.applyRights(await ours.planGrant(report, rights));
      administrator.close();
      const person = await lab.person();
      const read = await prepared(person, ours);
      expect(read.evidence.markerAttribute).toBe(MARKER);
      const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
      const password = fresh();
      const reset = (by: string, next: Password) =>
        ours.resetPassword(person, next, { ...options, prepared: read, fence: { requestId: by } });
      expect(await reset(first, password)).toMatchObject({ kind: 'applied' });
      expect(await reset(second, fresh())).toMatchObject({ kind: 'superseded' });
      expect(await lab.read(person.dn, MARKER)).toBe(first);
      expect(await ours.tryPassword(person, password)).toBe('accepted');
    });
  });
});
