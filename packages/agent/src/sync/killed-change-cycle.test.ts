import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type KillPlace, killedCycle } from './kill-cycle.fixture.ts';
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
    for (let round = 1; round < ROUNDS; round++)
      if (await killedCycle([SCRIPT, round, folder], server, placeOf(round))) killed++;
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
}, 180_000);

/** From before the store is open, over each page of changes, to between the requests of the export. */
function placeOf(round: number): KillPlace {
  const later = round % 4;
  return round % 3 === 0
    ? { after: 'requests', count: round / 3, later }
    : { after: 'words', count: 1 + (round % 6), later };
}
