import { mkdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type Lab, type LabForest, labFile, readLab, writeLab } from '../lab-file.ts';
import { certificateAuthority } from './certificate-authority.ts';
import { corpForest } from './corp-forest.ts';
import { createForest, type ForestDeps } from './create-forest.ts';
import { whatIsWrongWith } from './forest-answers.ts';
import type { ForestDescription } from './forest-description.ts';
import { type ForestPlace, forestPlace } from './forest-place.ts';
import { withLabLock } from './lab-lock.ts';
import { requireLabMachine } from './lab-requirements.ts';
import { addressLabel, addressWithLabel } from './loopback-address.ts';
import { sambaProcesses } from './samba-processes.ts';
import { startForest } from './start-forest.ts';
import { endForestProcesses, stopForest } from './stop-forest.ts';

export const LAB_FORESTS: ForestDescription[] = [corpForest];

export type BroughtUp = { lab: Lab; found: 'running' | 'stopped' | 'nothing' };

/**
 * Brings the lab in `folder` up, from whatever state it is in: nothing there, half made, stopped, its machine
 * rebooted, some of its processes killed. Answers at once when all of it runs. The people and their identities stay
 * the same as long as the folder does.
 */
export async function bringLabUp(folder: string, say: (text: string) => void): Promise<BroughtUp> {
  await requireLabMachine();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const home = await realpath(folder);
  const running = await runningLab(home);
  if (running) return { lab: running, found: 'running' };
  return await withLabLock(home, say, async ({ waited }) => {
    // Whoever held the lock before us may have done all of it.
    const made = waited ? await runningLab(home) : undefined;
    if (made) return { lab: made, found: 'running' };
    const authority = await certificateAuthority(join(home, 'ca'));
    const before = await readLab(labFile(home)).catch(() => undefined);
    const forests: LabForest[] = [];
    for (const description of LAB_FORESTS) {
      forests.push(await bringForestUp(description, forestPlace(home, description.name), { authority, say }));
    }
    const { mailbox, cloud } = before ?? { mailbox: null, cloud: null };
    const lab: Lab = { version: 1, folder: home, forests, ca: authority, mailbox, cloud };
    await writeLab(lab);
    return { lab, found: before ? 'stopped' : 'nothing' };
  });
}

async function bringForestUp(
  description: ForestDescription,
  place: ForestPlace,
  deps: ForestDeps,
): Promise<LabForest> {
  const recorded = await recordedForest(place, deps);
  if (recorded && (await runs(recorded, place))) return recorded;
  const ended = await endForestProcesses(place);
  if (ended > 0) deps.say(`found ${place.name} half-started: ended ${ended} processes`);
  try {
    return await createAndStart(description, recorded, place, deps);
  } catch (error) {
    // Half a start would hold the address and some processes, and nobody would know of them.
    await stopForest(place);
    throw error;
  }
}

async function createAndStart(
  description: ForestDescription,
  recorded: LabForest | undefined,
  place: ForestPlace,
  deps: ForestDeps,
): Promise<LabForest> {
  const since = performance.now();
  const forest = recorded ?? (await createForest(description, place, deps));
  if (!recorded) deps.say(`made ${forest.domain} with ${forest.people.length} people in ${seconds(since)}`);
  const starting = performance.now();
  await startForest(description, forest, place, deps);
  deps.say(`started ${forest.hostName} at ${forest.address} in ${seconds(starting)}`);
  return forest;
}

/** What `createForest` wrote last of all; paths follow a checkout that was moved. */
async function recordedForest(place: ForestPlace, { authority }: ForestDeps): Promise<LabForest | undefined> {
  const text = await readFile(join(place.folder, 'forest.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const forest: LabForest = JSON.parse(text);
  return { ...forest, caFile: authority.certFile, krb5Config: join(place.folder, 'krb5.conf') };
}

async function runningLab(home: string): Promise<Lab | undefined> {
  const lab = await readLab(labFile(home)).catch(() => undefined);
  if (lab?.folder !== home || lab.forests.length !== LAB_FORESTS.length) return undefined;
  const states = await Promise.all(lab.forests.map((forest) => runs(forest, forestPlace(home, forest.name))));
  return states.every(Boolean) ? lab : undefined;
}

async function runs(forest: LabForest, place: ForestPlace): Promise<boolean> {
  if ((await addressWithLabel(addressLabel(place))) !== forest.address) return false;
  if (sambaProcesses(place.folder).length === 0) return false;
  return (await whatIsWrongWith(forest)) === undefined;
}

export function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
