import { Password } from '@homeward/protocol/password';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseAttributeMetadata } from './attribute-metadata.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import type { Directory } from './directory.ts';
import type { EvidenceBefore } from './prepared.ts';
import type { LostWrite } from './resolve-write.ts';
import { LOCKOUT_TIME_ATTID } from './resolve-write-unlock.ts';
import { LabAdministrator, type LabPerson, labForests, openLabDirectory } from './testing/lab-forest.ts';
import { startTcpProxy, type TcpProxy } from './testing/tcp-proxy.ts';

const [forest] = labForests();
if (!forest) throw new Error('the lab has no forest');
const MARKER = 'msDS-cloudExtensionAttribute15';
const fresh = () => Password.of(`Fresh-${crypto.randomUUID()}`);

describe('when the answer to a write is lost', () => {
  let lab: LabAdministrator;
  let proxy: TcpProxy;
  let directory: Directory;
  /** gives up a write soon, and resolves it by its version as soon */
  let hasty: Directory;
  let account: LabPerson;

  beforeAll(async () => {
    lab = await LabAdministrator.open(forest, 'Lost writes');
    proxy = await startTcpProxy({ host: forest.address, port: 636 });
    account = await lab.person();
    const pinned = { controllers: [forest.hostName], addresses: { [forest.hostName]: proxy.address } };
    directory = openLabDirectory(forest, account, pinned);
    const limits = { write: 400, connect: 5_000, read: 5_000 };
    hasty = openLabDirectory(forest, account, { ...pinned, timeouts: limits });
    const report = await directory.rights({ ou: lab.ou });
    const plan = await directory.planGrant(report, [
      'resetPassword',
      'writeLockoutTime',
      'writePwdLastSet',
      'writeMarker',
    ]);
    const administrator = openLabDirectory(forest, forest.administrator);
    await administrator.applyRights(plan);
    administrator.close();
  });
  afterEach(() => {
    proxy.mode = 'forward';
    proxy.onRequest = undefined;
  });
  afterAll(async () => {
    directory?.close();
    hasty?.close();
    await proxy?.stop();
    await lab?.close();
  });

  /** What was lost on the way back was done first, however busy the controller is. */
  async function answered(mutedBefore: number): Promise<void> {
    if (proxy.mode !== 'mute') return;
    await expect.poll(() => proxy.muted, { timeout: 60_000 }).toBeGreaterThan(mutedBefore);
  }

  type Lost = { outcome: DirectoryOutcome; before: EvidenceBefore; sentAt: number };

  /** A reset whose wire breaks at the last moment before it is sent. */
  async function losing(
    person: LabPerson,
    password: Password,
    breakWire: () => void,
    fence?: string,
  ): Promise<Lost> {
    let before: EvidenceBefore | undefined;
    const { muted } = proxy;
    const outcome = await hasty.resetPassword(person, password, {
      mustChange: false,
      unlockToo: true,
      onBeforeWrite: (seen) => {
        before = seen;
        breakWire();
      },
      ...(fence === undefined ? {} : { fence: { attribute: MARKER, requestId: fence } }),
    });
    await answered(muted);
    proxy.mode = 'forward';
    proxy.onRequest = undefined;
    if (!before) throw new Error(`nothing was sent: ${outcome.kind}`);
    return { outcome, before, sentAt: Date.now() };
  }

  const mute = () => {
    proxy.mode = 'mute';
  };
  const swallow = () => {
    proxy.mode = 'swallow';
  };
  const resolve = (
    person: LabPerson,
    lost: Lost,
    more: { fence?: string; password?: Password } = {},
    by = more.fence === undefined ? hasty : directory,
  ) =>
    by.resolve({
      target: person,
      operation: 'reset',
      before: lost.before,
      sentAt: lost.sentAt,
      ...(more.fence === undefined ? {} : { fence: { attribute: MARKER, requestId: more.fence } }),
      ...(more.password === undefined ? {} : { password: more.password }),
    });

  test('connections that died while idle are replaced without anybody noticing', async () => {
    const person = await lab.person();
    const reset = () => directory.resetPassword(person, fresh(), { mustChange: false, unlockToo: true });
    expect(await reset()).toMatchObject({ kind: 'applied' });
    proxy.cut();
    expect(await reset()).toMatchObject({ kind: 'applied' });
  });

  test('a wire that was cut before the request is a definite no', async () => {
    const person = await lab.person();
    let journalled: EvidenceBefore | undefined;
    const outcome = await directory.resetPassword(person, fresh(), {
      mustChange: false,
      unlockToo: true,
      onBeforeWrite: async (before) => {
        journalled = before;
        proxy.cut();
        // Not one sleep: our end is only known to be gone once the event loop has looked at it.
        for (let turn = 0; turn < 10; turn++) await new Promise((done) => setTimeout(done, 20));
      },
    });
    expect(outcome).toMatchObject({ kind: 'directoryUnreachable', diagnosis: { reason: 'connectionEnded' } });
    expect(await lab.read(person.dn, 'msDS-KeyVersionNumber')).toBe(String(journalled?.versionBefore));
  });

  test('a lost answer is unknown, and the bind of the new password resolves it', async () => {
    const person = await lab.person();
    const password = fresh();
    const lost = await losing(person, password, mute);
    expect(lost.outcome).toMatchObject({
      kind: 'unknown',
      evidence: {
        kind: 'none',
        versionBefore: lost.before.versionBefore,
        invocationId: lost.before.invocationId,
      },
      diagnosis: { reason: 'noAnswer' },
    });
    expect(await resolve(person, lost, { password })).toMatchObject({
      kind: 'applied',
      evidence: { kind: 'bind', versionAfter: Number(lost.before.versionBefore) + 1 },
    });
  });

  test('without the password at hand it stays unknown, and likely', async () => {
    const person = await lab.person();
    const lost = await losing(person, fresh(), mute);
    expect(await resolve(person, lost)).toMatchObject({ kind: 'unknown', evidence: { kind: 'likely' } });
  });

  test('a controller that cannot be asked is named, so that it is asked again', async () => {
    const person = await lab.person();
    const lost = await losing(person, fresh(), swallow);
    proxy.mode = 'swallow';
    expect(await resolve(person, lost)).toMatchObject({
      kind: 'unknown',
      evidence: { kind: 'none' },
      diagnosis: { reason: 'noAnswerInTime' },
    });
    proxy.mode = 'forward';
    expect(await resolve(person, lost)).toMatchObject({ kind: 'notStarted' });
  });

  test('a lost request is found never to have been written, by version', async () => {
    const person = await lab.person();
    const lost = await losing(person, fresh(), swallow);
    expect(lost.outcome.kind).toBe('unknown');
    expect(await resolve(person, lost)).toMatchObject({ kind: 'notStarted', evidence: { kind: 'version' } });
  });

  test('a write of somebody else in between is told apart', async () => {
    const person = await lab.person();
    const password = fresh();
    const never = await losing(person, password, swallow);
    const other = () => directory.resetPassword(person, fresh(), { mustChange: false, unlockToo: true });
    await other();
    expect(await resolve(person, never, { password })).toMatchObject({
      kind: 'notStarted',
      evidence: { kind: 'bind' },
    });
    const written = await losing(person, password, mute);
    await other();
    await other();
    expect(await resolve(person, written, { password })).toMatchObject({ kind: 'superseded' });
  });

  describe('with a fence', () => {
    test('a written request is found at once', async () => {
      const person = await lab.person();
      const fence = crypto.randomUUID();
      const lost = await losing(person, fresh(), mute, fence);
      expect(lost.outcome.kind).toBe('unknown');
      expect(await lab.read(person.dn, MARKER)).toBe(fence);
      expect(await resolve(person, lost, { fence })).toMatchObject({
        kind: 'applied',
        evidence: { kind: 'fence' },
      });
      expect(await resolve(person, lost, { fence })).toMatchObject({ kind: 'applied' });
    });

    test('a request that was never written can never be written any more', async () => {
      const person = await lab.person();
      const fence = crypto.randomUUID();
      const lost = await losing(person, fresh(), swallow, fence);
      expect(await resolve(person, lost, { fence })).toMatchObject({
        kind: 'notStarted',
        evidence: { kind: 'fence' },
      });
      expect(await resolve(person, lost, { fence })).toMatchObject({
        kind: 'notStarted',
        evidence: { kind: 'fence' },
      });
    });

    test('of two resets that saw the same person exactly one wins', async () => {
      const person = await lab.person();
      let waiting = 0;
      let open = () => {};
      const bothHaveRead = new Promise<void>((done) => {
        open = done;
      });
      const racing = [fresh(), fresh()].map(async (password) => {
        const outcome = await directory.resetPassword(person, password, {
          mustChange: false,
          unlockToo: true,
          fence: { attribute: MARKER, requestId: crypto.randomUUID() },
          onBeforeWrite: () => {
            if (++waiting === 2) open();
            return bothHaveRead;
          },
        });
        return { outcome, password };
      });
      const results = await Promise.all(racing);
      expect(results.map((one) => one.outcome.kind).sort()).toEqual(['applied', 'superseded']);
      for (const { outcome, password } of results)
        expect(await directory.tryPassword(person, password)).toBe(
          outcome.kind === 'applied' ? 'accepted' : 'refused',
        );
    });

    test('that can no longer be written the versions tell', async () => {
      const [never, written] = [await lab.person(), await lab.person()];
      const password = fresh();
      const lostBefore = await losing(never, fresh(), swallow, crypto.randomUUID());
      const lostAfter = await losing(written, password, mute, crypto.randomUUID());
      const wrong = { fence: crypto.randomUUID() };
      for (const { dn } of [never, written]) await lab.denyWritingOn(dn, await lab.sidOf(account));
      // It waits for twice the limit of a write, in which its own one has to be refused.
      const pinned = { controllers: [forest.hostName], addresses: { [forest.hostName]: proxy.address } };
      const by = openLabDirectory(forest, account, { ...pinned, timeouts: { write: 4_000 } });
      lab.afterwards(async () => by.close());
      expect(await resolve(never, lostBefore, wrong, by)).toMatchObject({
        kind: 'notStarted',
        evidence: { kind: 'version' },
      });
      expect(await resolve(written, lostAfter, { ...wrong, password }, by)).toMatchObject({
        kind: 'applied',
        evidence: { kind: 'bind' },
      });
    });

    test('a later request between makes it superseded', async () => {
      const person = await lab.person();
      const fence = crypto.randomUUID();
      const lost = await losing(person, fresh(), swallow, fence);
      await directory.resetPassword(person, fresh(), {
        mustChange: false,
        unlockToo: true,
        fence: { attribute: MARKER, requestId: crypto.randomUUID() },
      });
      expect(await resolve(person, lost, { fence })).toMatchObject({
        kind: 'superseded',
        evidence: { kind: 'fence' },
      });
    });

    test('a refused password leaves the fence as it was', async () => {
      const person = await lab.person();
      const outcome = await directory.resetPassword(person, Password.of('Kurz-1!'), {
        mustChange: false,
        unlockToo: true,
        fence: { attribute: MARKER, requestId: crypto.randomUUID() },
      });
      expect(outcome.kind).toBe('refusedByPolicy');
      expect(await lab.read(person.dn, MARKER)).toBeUndefined();
    });

    test('wires cut at any moment never make a wrong report', async () => {
      const people = await Promise.all(Array.from({ length: 4 }, () => lab.person()));
      const counts = { applied: 0, notStarted: 0, directoryUnreachable: 0 };
      for (let round = 0; round < 40; round++) {
        const person = people[round % people.length] as LabPerson;
        const password = fresh();
        const fence = crypto.randomUUID();
        const cutAfter = round % 2 === 0 ? 0 : (round % 8) * 3;
        const cuts: NodeJS.Timeout[] = [];
        const cutting = () => {
          proxy.onRequest = () => void cuts.push(setTimeout(proxy.cut, cutAfter));
          if (round % 5 === 0) cuts.push(setTimeout(proxy.cut, 0));
        };
        const lost = await losing(person, password, cutting, fence);
        let final = lost.outcome;
        // A late cut can hit the resolving, too: then it is still unknown, and asked again, as the agent does.
        for (let again = 0; again < 5 && final.kind === 'unknown'; again++)
          final = await resolve(person, lost, { fence });
        // The judge's own wire is sound.
        for (const cut of cuts) clearTimeout(cut);
        const truth = (await directory.tryPassword(person, password)) === 'accepted';
        expect([round, final.kind, truth]).toEqual([round, final.kind, final.kind === 'applied']);
        if (final.kind in counts) counts[final.kind as keyof typeof counts]++;
        else throw new Error(`round ${round} ended as ${final.kind}`);
      }
      expect(counts.applied).toBeGreaterThan(0);
    });
  });

  describe('of an unlock', () => {
    /** Lost on the way there with `swallow`, on the way back with `mute`. */
    async function losingUnlock(person: LabPerson, breakWire: () => void): Promise<LostWrite> {
      let before: EvidenceBefore | undefined;
      const from = Date.now();
      const { muted } = proxy;
      const outcome = await hasty.unlock(person, {
        onBeforeWrite: (seen) => {
          before = seen;
          breakWire();
        },
      });
      await answered(muted);
      proxy.mode = 'forward';
      expect(outcome.kind).toBe('unknown');
      if (!before) throw new Error('nothing was sent');
      const sentAt = Date.now();
      return { target: person, operation: 'unlock', before, sentAt, sentBetween: { from, until: sentAt } };
    }
    const versionOfLock = async ({ dn }: LabPerson) => {
      const attributes = ['replPropertyMetaData'];
      const asBytes = { attributes, explicitBufferAttributes: attributes };
      const { searchEntries } = await lab.client.search(dn, { scope: 'base', ...asBytes });
      const vector = searchEntries[0]?.['replPropertyMetaData'] as Buffer;
      return parseAttributeMetadata(vector, LOCKOUT_TIME_ATTID)[0]?.version;
    };

    test('each lock and each unlock that changes something has a version, and one that changes nothing none', async () => {
      const person = await lab.person();
      await lab.lock(person);
      const locked = (await versionOfLock(person)) ?? 0;
      expect(locked).toBeGreaterThan(0);
      for (const _ of ['takes the lock away', 'finds none']) {
        expect(await directory.unlock(person, {})).toMatchObject({ kind: 'applied' });
        expect(await versionOfLock(person)).toBe(locked + 1);
      }
    });

    test('the lock itself tells that it was written', async () => {
      const person = await lab.person();
      await lab.lock(person);
      const lost = await losingUnlock(person, mute);
      expect(await hasty.resolve(lost)).toMatchObject({ kind: 'applied' });
    });

    test('a lock from before tells that it never was, and a new one that nobody can say', async () => {
      const person = await lab.person();
      await lab.lock(person);
      const lost = await losingUnlock(person, swallow);
      expect(await hasty.resolve(lost)).toMatchObject({ kind: 'notStarted' });
      const hoursAgo = (time: number) => time - 3 * 3_600_000;
      const { from, until } = lost.sentBetween ?? { from: 0, until: 0 };
      const sentBetween = { from: hoursAgo(from), until: hoursAgo(until) };
      const old = { ...lost, sentAt: hoursAgo(lost.sentAt), sentBetween };
      expect(await hasty.resolve(old)).toMatchObject({ kind: 'superseded' });
    });
  });
});
