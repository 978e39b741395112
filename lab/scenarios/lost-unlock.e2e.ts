/** Unlocks whose answer was lost with their controller, which stays away while another one has the role. */
import type { Directory, EvidenceBefore, LostWrite } from '@homeward/active-directory';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { addController } from '../forest/add-controller.ts';
import { administer, type Controller, killController, startController } from '../forest/controller.ts';
import { ldapsClient } from '../forest/ldaps-connection.ts';
import type { LabPerson } from '../lab-file.ts';
import { openStormDirectory, type StormForest, stormForest } from './storm-forest.ts';

const LOCKOUT_THRESHOLD = 3;
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let storm: StormForest;
let first: Controller;
let second: Controller;

beforeAll(async () => {
  storm = await stormForest('system');
  first = storm.first;
  const threshold = `--account-lockout-threshold=${LOCKOUT_THRESHOLD}`;
  await administer(first, ['domain', 'passwordsettings', 'set', threshold]);
  second = await addController(first);
});
afterAll(() => storm?.end());

test('they are told by the lock’s last write, as the controller has it that has the role now', async () => {
  const [told, unseen, never] = first.forest.people;
  if (!told || !unseen || !never) throw new Error('three people are needed');
  for (const person of [told, unseen, never]) await lock(person);
  const writing = await openStormDirectory([first, second]);
  const replicated = await leaveBehind(writing, told);
  await replicateToSecond();
  await administer(first, ['drs', 'options', first.forest.hostName, '--dsa-option=+DISABLE_OUTBOUND_REPL']);
  const landed = await leaveBehind(writing, unseen);
  const lost = await leaveBehind(writing, never, { unsent: true });
  writing.close();
  expect(lost.before.controller).toBe(first.forest.hostName);
  await killController(first);
  await seizeRole();

  const directory = await openStormDirectory([first, second]);
  const { invocationId } = replicated.before;
  expect(await directory.resolve(replicated)).toMatchObject({
    kind: 'applied',
    evidence: { kind: 'version', invocationId, writtenAt: expect.any(Number) },
  });
  const notNow = { kind: 'unknown', diagnosis: { controller: first.forest.hostName } };
  for (const open of [landed, lost]) expect(await directory.resolve(open)).toMatchObject(notNow);
  expect(await directory.unlock(lost.target, {})).toMatchObject({ kind: 'applied', notes: ['unlocked'] });
  expect(await directory.resolve(lost)).toMatchObject({ kind: 'superseded' });

  await startController(first);
  expect(await directory.resolve(landed)).toMatchObject({ kind: 'applied', evidence: { kind: 'answer' } });
  directory.close();
});

/** As many wrong passwords as it takes, at the controller that is left behind. */
async function lock({ userPrincipalName }: LabPerson): Promise<void> {
  for (let attempt = 0; attempt < LOCKOUT_THRESHOLD; attempt++) {
    const client = await ldapsClient(first.forest);
    await expect(client.bind(userPrincipalName, 'Wrong-Password-1')).rejects.toThrow();
    await client.unbind().catch(() => {});
  }
}

/** An unlock as an agent leaves it that dies: after the write and before its outcome, or `unsent` before the write. */
async function leaveBehind(
  directory: Directory,
  { objectGuid }: LabPerson,
  { unsent = false } = {},
): Promise<LostWrite> {
  const target = { objectGuid };
  const from = Date.now();
  let before: EvidenceBefore | undefined;
  const written = directory.unlock(target, {
    onBeforeWrite(seen) {
      before = seen;
      if (unsent) throw new Error('the agent died');
    },
  });
  if (unsent) await expect(written).rejects.toThrow('the agent died');
  else expect(await written).toMatchObject({ kind: 'applied', notes: ['unlocked'] });
  if (before === undefined) throw new Error('nothing was journalled');
  const sentAt = Date.now();
  return { target, operation: 'unlock', before, sentAt, sentBetween: { from, until: sentAt } };
}

async function replicateToSecond(): Promise<void> {
  const { hostName, baseDn } = second.forest;
  await administer(second, ['drs', 'replicate', hostName, first.forest.hostName, baseDn]);
}

/** What an administrator does when a controller is not expected back. */
async function seizeRole(): Promise<void> {
  const { hostName, address, domain } = second.forest;
  await administer(second, ['fsmo', 'seize', '--force', '--role=pdc', '-H', `ldap://${hostName}`]);
  const records = [first, second].map(({ forest }) => `${forest.hostName} 389 0 100`);
  await administer(second, [
    'dns',
    'update',
    address,
    `_msdcs.${domain}`,
    '_ldap._tcp.pdc',
    'SRV',
    ...records,
  ]);
}
