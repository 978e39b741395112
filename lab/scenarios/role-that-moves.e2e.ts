import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addController, transferPdcRole } from '../forest/add-controller.ts';
import { type Controller, killController, startController } from '../forest/controller.ts';
import { bindsAtOneOf, expectDefinite, expectLastPasswords, expectNeverWritten } from './prove-attempts.ts';
import { resetInLanes } from './reset-lanes.ts';
import { grantMarker, MARKER, openStormDirectory, type StormForest, stormForest } from './storm-forest.ts';

const RESETS = 200;

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
    recover: async () => {
      await transferPdcRole(first, second);
      await sleep(3_000);
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
    recover: async () => {
      await sleep(3_000);
      await startController(second);
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
