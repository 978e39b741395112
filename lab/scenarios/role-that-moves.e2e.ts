import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Password } from '@homeward/protocol/password';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { addController, transferPdcRole } from '../forest/add-controller.ts';
import { administer, type Controller, killController, startController } from '../forest/controller.ts';
import { ldapsClient } from '../forest/ldaps-connection.ts';
import type { LabPerson } from '../lab-file.ts';
import { leaveResetBehind, leaveUnlockBehind } from './leave-behind.ts';
import { bindsAtOneOf, expectDefinite, expectLastPasswords, expectNeverWritten } from './prove-attempts.ts';
import { resetInLanes } from './reset-lanes.ts';
import { grantMarker, MARKER, openStormDirectory, type StormForest, stormForest } from './storm-forest.ts';

const RESETS = 200;
const LOCKOUT_THRESHOLD = 5;
const PATIENCE_MS = 60_000;
// Forests are made and controllers restarted, beside whatever else this machine is testing.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/**
 * An earlier write at one controller may reach the other by replication between two of a lane's own: the directory then
 * refuses the later one, and that is what is reported.
 */
const BY_REPLICATION: ['superseded'] = ['superseded'];

// A forest with two controllers; the tests are its life, in order.
let storm: StormForest;
let first: Controller;
let second: Controller;

beforeAll(async () => {
  storm = await stormForest('system');
  first = storm.first;
  await grantMarker(first);
  second = await addController(first);
});
afterAll(() => storm?.end());

test('resets follow the role of the PDC emulator to another controller', async () => {
  const directory = await openStormDirectory([first, second]);
  const attempts = await resetInLanes({
    ...{ directory, people: first.forest.people, resets: RESETS, marker: MARKER },
    strike: async () => {},
    async recover(attempts) {
      await transferPdcRole(first, second);
      await until(() => {
        const newest = first.forest.people.map((person) => attempts.findLast((one) => one.person === person));
        return newest.every((attempt) => attempt?.before?.controller === second.forest.hostName);
      });
      // So that the last ones compete with nothing that is still on its way.
      await replicate(first, second);
    },
    verify: bindsAtOneOf([first, second]),
  });
  expectDefinite(attempts, RESETS, BY_REPLICATION);
  await expectNeverWritten(attempts, [first, second]);
  await expectLastPasswords(attempts, second);
  expect(attempts.at(0)?.before?.controller).toBe(first.forest.hostName);
  expect(attempts.at(-1)?.before?.controller).toBe(second.forest.hostName);
  const probe = await directory.probe();
  directory.close();
  expect(probe).toMatchObject({ controller: second.forest.hostName, pdcProven: true });
});

test('where another controller may take over, it does while the PDC emulator is away', async () => {
  const directory = await openStormDirectory([first, second], { otherWritableController: true });
  const attempts = await resetInLanes({
    ...{ directory, people: first.forest.people, resets: RESETS, marker: MARKER },
    strike: () => killController(second),
    async recover(attempts) {
      await until(() =>
        attempts.some(
          ({ before, said }) => said === 'applied' && before?.controller === first.forest.hostName,
        ),
      );
      await startController(second);
      await replicate(first, second);
    },
    verify: bindsAtOneOf([first, second]),
  });
  directory.close();
  expectDefinite(attempts, RESETS, BY_REPLICATION);
  await expectNeverWritten(attempts, [first, second]);
  const applied = attempts.filter(({ outcome }) => outcome.kind === 'applied');
  const wroteAt = new Set(applied.map(({ before }) => before?.controller));
  expect(wroteAt).toEqual(new Set([first.forest.hostName, second.forest.hostName]));
});

test('a write whose controller stays away is told by the one that has the role now, and never denied there', async () => {
  // What was written at the first one meanwhile would win over a write of now at the second, by its version.
  await replicate(first, second);
  const writing = await openStormDirectory([first, second], { limits: 'patient' });
  const [marked, bound, likely, never, unseen] = first.forest.people;
  if (!marked || !bound || !likely || !never || !unseen) throw new Error('five people are needed');
  const replicated = {
    marked: await leaveResetBehind(writing, marked, { fenced: true }),
    bound: await leaveResetBehind(writing, bound),
    likely: await leaveResetBehind(writing, likely),
  };
  await replicate(second, first);
  await administer(second, ['drs', 'options', second.forest.hostName, '--dsa-option=+DISABLE_OUTBOUND_REPL']);
  const unreplicated = {
    never: await leaveResetBehind(writing, never, { fenced: true, unsent: true }),
    unseen: await leaveResetBehind(writing, unseen, { fenced: true }),
  };
  writing.close();
  expect(replicated.marked.before.controller).toBe(second.forest.hostName);
  await killController(second);
  await seizePdcRole(second, first);

  const directory = await openStormDirectory([first, second], { limits: 'patient' });
  const { password: _, ...forgotten } = replicated.likely;
  expect(await directory.resolve(replicated.marked)).toMatchObject({
    kind: 'applied',
    evidence: { kind: 'fence', invocationId: replicated.marked.before.invocationId },
  });
  expect(await directory.resolve(replicated.bound)).toMatchObject({
    kind: 'applied',
    evidence: { kind: 'bind' },
  });
  expect(await directory.resolve(forgotten)).toMatchObject({ kind: 'unknown', evidence: { kind: 'likely' } });
  const notNow = { kind: 'unknown', diagnosis: { controller: second.forest.hostName } };
  for (const lost of [unreplicated.never, unreplicated.unseen])
    expect(await directory.resolve(lost)).toMatchObject(notNow);

  const wrong = { ...replicated.likely, password: Password.of(`Storm-${randomUUID()}`) };
  // Without a threshold Samba does not count them.
  await administer(first, [
    'domain',
    'passwordsettings',
    'set',
    `--account-lockout-threshold=${LOCKOUT_THRESHOLD}`,
  ]);
  const failures = await badPasswords(first, likely);
  for (let asked = 0; asked < 3; asked++) expect(await directory.resolve(wrong)).toMatchObject(notNow);
  expect(await badPasswords(first, likely)).toBe(failures + 1);

  const before = { ...unreplicated.never.before, controller: first.forest.hostName };
  expect(await directory.resolve({ ...unreplicated.never, before })).toMatchObject({
    kind: 'unknown',
    diagnosis: { reason: 'anotherDatabase', controller: first.forest.hostName },
  });

  await startController(second);
  expect(await directory.resolve(unreplicated.never)).toMatchObject({
    kind: 'notStarted',
    evidence: { kind: 'fence' },
  });
  expect(await directory.resolve(unreplicated.unseen)).toMatchObject({
    kind: 'applied',
    evidence: { kind: 'fence' },
  });
  directory.close();
});

test('a lost unlock whose controller stays away is told by the lock’s last write, as the one has it that has the role now', async () => {
  const [told, unseen, never] = first.forest.people;
  if (!told || !unseen || !never) throw new Error('three people are needed');
  for (const person of [told, unseen, never]) await lock(first, person);
  const writing = await openStormDirectory([first, second]);
  const replicated = await leaveUnlockBehind(writing, told);
  await replicate(first, second);
  await administer(first, ['drs', 'options', first.forest.hostName, '--dsa-option=+DISABLE_OUTBOUND_REPL']);
  const landed = await leaveUnlockBehind(writing, unseen);
  const lost = await leaveUnlockBehind(writing, never, { unsent: true });
  writing.close();
  expect(lost.before.controller).toBe(first.forest.hostName);
  await killController(first);
  await seizePdcRole(first, second);

  const directory = await openStormDirectory([first, second]);
  const { invocationId } = replicated.before;
  expect(await directory.resolve(replicated)).toMatchObject({
    kind: 'applied',
    evidence: { kind: 'version', invocationId, writtenAt: expect.any(Number) },
  });
  const notNow = { kind: 'unknown', diagnosis: { controller: first.forest.hostName } };
  for (const open of [landed, lost]) expect(await directory.resolve(open)).toMatchObject(notNow);
  // A directory keeps whole seconds: what was written in the same one could have been before.
  await sleep(1_000);
  expect(await directory.unlock(lost.target, {})).toMatchObject({ kind: 'applied', notes: ['unlocked'] });
  expect(await directory.resolve(lost)).toMatchObject({ kind: 'superseded' });

  await startController(first);
  expect(await directory.resolve(landed)).toMatchObject({ kind: 'applied', evidence: { kind: 'answer' } });
  directory.close();
});

async function until(resetsGoThere: () => boolean): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; !resetsGoThere(); await sleep(100))
    if (performance.now() > end) throw new Error('the resets did not come to go where they should');
}

/** As many wrong passwords as it takes. */
async function lock({ forest }: Controller, { userPrincipalName }: LabPerson): Promise<void> {
  for (let attempt = 0; attempt < LOCKOUT_THRESHOLD; attempt++) {
    const client = await ldapsClient(forest);
    await expect(client.bind(userPrincipalName, 'Wrong-Password-1')).rejects.toThrow();
    await client.unbind().catch(() => {});
  }
}

/** The domain's and the DNS zones' changes, at once instead of when the controllers get to it. */
async function replicate(from: Controller, to: Controller): Promise<void> {
  const { baseDn } = to.forest;
  for (const partition of [baseDn, `DC=DomainDnsZones,${baseDn}`, `DC=ForestDnsZones,${baseDn}`])
    await onceItReplicates(() =>
      administer(to, ['drs', 'replicate', to.forest.hostName, from.forest.hostName, partition]),
    );
}

/** A controller that was just started answers requests before its replication has begun its work. */
async function onceItReplicates(act: () => Promise<unknown>): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; ; await sleep(500)) {
    try {
      await act();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

/** What an administrator does when a controller is not expected back. */
async function seizePdcRole(gone: Controller, to: Controller): Promise<void> {
  await administer(to, ['fsmo', 'seize', '--force', '--role=pdc', '-H', `ldap://${to.forest.hostName}`]);
  const record = ({ forest }: Controller) => `${forest.hostName} 389 0 100`;
  await administer(to, [
    ...['dns', 'update', to.forest.address, `_msdcs.${to.forest.domain}`, '_ldap._tcp.pdc', 'SRV'],
    ...[record(gone), record(to)],
  ]);
}

async function badPasswords({ forest }: Controller, person: LabPerson): Promise<number> {
  const client = await ldapsClient(forest);
  try {
    await client.bind(forest.administrator.userPrincipalName, forest.administrator.password);
    const { searchEntries } = await client.search(person.dn, { scope: 'base', attributes: ['badPwdCount'] });
    return Number(searchEntries[0]?.['badPwdCount'] ?? 0);
  } finally {
    await client.unbind().catch(() => {});
  }
}
