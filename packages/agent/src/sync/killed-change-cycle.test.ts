import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { CHANGES_A_ROUND, changeCycleOf, FOREST, forestAfter } from './killed-change-cycle.fixture.ts';
import { openSyncStore } from './open-sync-store.ts';
import { startScimServer } from './scim-server.fixture.ts';

const ROUNDS = 12;
const SCRIPT = join(import.meta.dirname, 'killed-change-cycle.fixture.ts');

test('a change cycle that is killed at any moment misses no change, and the cookie never runs ahead', async () => {
  const server = await startScimServer();
  const folder = mkdtempSync(join(tmpdir(), 'homeward-killed-'));
  let killed = 0;
  try {
    await changeCycleOf(0, folder, server.url);
    for (let round = 1; round < ROUNDS; round++) {
      const child = spawn(process.execPath, [SCRIPT, String(round), folder, server.url], { stdio: 'ignore' });
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      await Promise.race([ended, setTimeout(100 + round * 15)]);
      child.kill('SIGKILL');
      await ended;
      if (child.signalCode === 'SIGKILL') killed++;
    }
    await changeCycleOf(ROUNDS, folder, server.url);

    const { people } = forestAfter((ROUNDS + 1) * CHANGES_A_ROUND);
    const held = [...server.people.values()];
    expect(held.map((one) => [one.userName, one['displayName'], one.active]).sort()).toEqual(
      people
        .map(({ attributes }) => [
          `${attributes['sAMAccountName']?.[0]}@corp.example.com`,
          attributes['displayName']?.[0],
          attributes['userAccountControl']?.[0] === '512',
        ])
        .sort(),
    );
    const store = openSyncStore(folder);
    for (const { objectGuid, dn } of people)
      expect(store.directoryObjectByGuid(FOREST.sid, objectGuid)?.dn).toBe(dn);
    expect(store.countQueued()).toBe(0);
    expect(store.countPendingExports('provision') + store.countPendingExports('delete')).toBe(0);
    store.close();
    server.requests.length = 0;
    await changeCycleOf(ROUNDS, folder, server.url);
    expect(server.requests).toEqual([]);
    expect(killed).toBeGreaterThan(ROUNDS / 3);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}, 60_000);
