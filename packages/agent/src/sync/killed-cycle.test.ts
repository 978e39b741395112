import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateForWriteback } from '@homeward/sync';
import { expect, test } from 'vitest';
import { type KillPlace, killedCycle } from './kill-cycle.fixture.ts';
import { cycleOf, peopleIn } from './killed-cycle.fixture.ts';
import { openLinkReader } from './open-sync-store.ts';
import { startScimServer } from './scim-server.fixture.ts';

const ROUNDS = 12;
const SCRIPT = join(import.meta.dirname, 'killed-cycle.fixture.ts');

test('a cycle that is killed at any moment loses nobody and makes nobody twice', async () => {
  const server = await startScimServer();
  const folder = mkdtempSync(join(tmpdir(), 'homeward-killed-'));
  let killed = 0;
  try {
    for (let round = 0; round < ROUNDS; round++)
      if (await killedCycle([SCRIPT, round, folder], server, placeOf(round))) killed++;
    await cycleOf(ROUNDS, folder, server.url);

    const expected = peopleIn(ROUNDS);
    const held = [...server.people.values()];
    expect(new Set(held.map(({ externalId }) => externalId)).size).toBe(held.length);
    expect(held.map((person) => [person.userName, person['displayName'], person.active]).sort()).toEqual(
      expected
        .map(({ attributes }) => [
          `${attributes['sAMAccountName']?.[0]}@corp.example.com`,
          attributes['displayName']?.[0],
          attributes['userAccountControl']?.[0] === '512',
        ])
        .sort(),
    );
    const reader = openLinkReader(folder);
    for (const [cloudAnchor, { active }] of server.people)
      expect(locateForWriteback(reader, cloudAnchor).kind).toBe(active ? 'found' : 'missing');
    reader.close();
    expect(killed).toBeGreaterThan(ROUNDS / 2);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}, 180_000);

/** From before the store is open, over import and synchronisation, to between the requests of the export. */
function placeOf(round: number): KillPlace {
  const later = round % 4;
  return round % 2 === 0
    ? { after: 'words', count: 1 + round, later }
    : { after: 'requests', count: 1 + (round % 3), later };
}
