import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { locateForWriteback } from '@homeward/sync';
import { expect, test } from 'vitest';
import { cycleOf, peopleIn } from './killed-cycle.fixture.ts';
import { openLinkReader } from './open-sync-store.ts';
import { startScimServer } from './scim-server.fixture.ts';

const ROUNDS = 12;

test('a cycle that is killed at any moment loses nobody and makes nobody twice', async () => {
  const server = await startScimServer();
  const folder = mkdtempSync(join(tmpdir(), 'homeward-killed-'));
  let killed = 0;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const script = join(import.meta.dirname, 'killed-cycle.fixture.ts');
      const child = spawn(process.execPath, [script, String(round), folder, server.url], { stdio: 'ignore' });
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      // From before the store is open to after the last answer: a different place each round.
      await Promise.race([ended, killAfter(child, server, round)]);
      await ended;
      if (child.signalCode === 'SIGKILL') killed++;
    }
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
}, 60_000);

/** Kills early in some rounds (import, synchronisation), and between the requests of the export in others. */
async function killAfter(
  child: ReturnType<typeof spawn>,
  server: Awaited<ReturnType<typeof startScimServer>>,
  round: number,
): Promise<void> {
  if (round % 2 === 0) await setTimeout(120 + round * 25);
  else {
    const before = server.requests.length;
    while (server.requests.length < before + (round % 3) + 1 && child.exitCode === null) await setTimeout(1);
    await setTimeout(round % 4);
  }
  child.kill('SIGKILL');
}
