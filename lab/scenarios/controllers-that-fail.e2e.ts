import { setTimeout as sleep } from 'node:timers/promises';
import type { Directory } from '@homeward/active-directory';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type Controller,
  hangController,
  killController,
  resumeController,
  startController,
} from '../forest/controller.ts';
import { countsAt, expectDefinite, expectLastPasswords, expectNeverWritten } from './prove-attempts.ts';
import { resetInLanes } from './reset-lanes.ts';
import { grantMarker, MARKER, openStormDirectory, type StormForest, stormForest } from './storm-forest.ts';

const RESETS = 200;
// Forests are made, a Samba is brought and controllers restarted, beside whatever else this machine is testing.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

// One Directory lives through all that happens to its controller.
describe.each(['system', 'forky'] as const)('a controller with the Samba of %s', (samba) => {
  let storm: StormForest;
  let first: Controller;
  let directory: Directory;

  beforeAll(async () => {
    storm = await stormForest(samba);
    first = storm.first;
    await grantMarker(first);
    directory = await openStormDirectory([first]);
  });
  afterAll(async () => {
    directory?.close();
    await storm?.end();
  });

  async function resetsWhile(strike: () => Promise<void>, recover: () => Promise<void>) {
    const verify = await countsAt(first);
    const { people } = first.forest;
    const attempts = await resetInLanes({
      ...{ directory, people, resets: RESETS, marker: MARKER },
      ...{ strike, recover, verify },
    });
    expectDefinite(attempts, RESETS);
    await expectNeverWritten(attempts, [first]);
    await expectLastPasswords(attempts, first);
    return attempts;
  }

  test('that is killed and started again loses nothing, and nothing is made up', async () => {
    const attempts = await resetsWhile(
      () => killController(first),
      async () => {
        await sleep(500);
        await startController(first);
      },
    );
    expect(attempts.some(({ said }) => said === 'directoryUnreachable')).toBe(true);
  });

  test('that hangs, and does all at once when it wakes, confuses nothing', async () => {
    const attempts = await resetsWhile(
      () => hangController(first),
      async () => {
        await sleep(4_000);
        resumeController(first);
      },
    );
    expect(attempts.some(({ said }) => said === 'unknown')).toBe(true);
  });
});
