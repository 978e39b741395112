import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type Lab, type LabForest, labFile, readLab, writeLab } from '../lab-file.ts';
import { bringSamba } from './bring-samba.ts';
import { type CertificateAuthority, certificateAuthority } from './certificate-authority.ts';
import { createForest, type ForestDeps } from './create-forest.ts';
import { whatIsWrongWith } from './forest-answers.ts';
import type { ForestDescription } from './forest-description.ts';
import { type ForestPlace, forestPlace } from './forest-place.ts';
import { DEFAULT_FORESTS, LAB_FORESTS } from './lab-forests.ts';
import { withLabLock } from './lab-lock.ts';
import { requireLabMachine } from './lab-requirements.ts';
import { addressLabel, addressWithLabel } from './loopback-address.ts';
import { recordedForest } from './recorded-forest.ts';
import { sambaProcesses } from './samba-processes.ts';
import { startForest } from './start-forest.ts';
import { endForestProcesses, stopForest } from './stop-forest.ts';

/** `started`: the forests that this call started; the others were found running. */
export type BroughtUp = { lab: Lab; found: 'running' | 'stopped' | 'nothing'; started: string[] };

/**
 * Brings these forests of the lab in `folder` up, from whatever state they are in: nothing there, half made, stopped,
 * the machine rebooted, some processes killed. Answers at once when all of it runs. The people and their identities
 * stay the same as long as the folder and the description do. Other forests that run there are left alone, and stay
 * in lab.json.
 */
export async function bringLabUp(
  folder: string,
  say: (text: string) => void,
  descriptions: readonly ForestDescription[] = DEFAULT_FORESTS,
): Promise<BroughtUp> {
  await requireLabMachine();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const home = await realpath(folder);
  const running = await runningLab(home, descriptions);
  if (running) return { lab: running, found: 'running', started: [] };
  return await withLabLock(home, say, async ({ waited }) => {
    // Whoever held the lock before us may have done all of it.
    const made = waited ? await runningLab(home, descriptions) : undefined;
    if (made) return { lab: made, found: 'running', started: [] };
    const authority = await certificateAuthority(join(home, 'ca'));
    const before = await readLab(labFile(home)).catch(() => undefined);
    const { mailbox, cloud } = before ?? { mailbox: null, cloud: null };
    const forests = await othersThatRun(home, before, descriptions);
    const started: string[] = [];
    for (const description of descriptions) {
      const place = forestPlace(home, description.name);
      const brought = await bringForestUp(description, place, { authority, say });
      forests.push(brought.forest);
      if (brought.started) started.push(description.name);
    }
    const lab: Lab = { version: 1, folder: home, forests: inOrder(forests), ca: authority, mailbox, cloud };
    await writeLab(lab);
    return { lab, found: before ? 'stopped' : 'nothing', started };
  });
}

async function othersThatRun(
  home: string,
  before: Lab | undefined,
  wanted: readonly ForestDescription[],
): Promise<LabForest[]> {
  const others = (before?.forests ?? []).filter(({ name }) => wanted.every((each) => each.name !== name));
  const states = await Promise.all(others.map((forest) => runs(forest, forestPlace(home, forest.name))));
  return others.filter((_forest, index) => states[index]);
}

function inOrder(forests: LabForest[]): LabForest[] {
  const rank = ({ name }: LabForest) => LAB_FORESTS.findIndex((each) => each.name === name) + 1 || Infinity;
  return forests.toSorted((one, other) => rank(one) - rank(other));
}

async function bringForestUp(
  description: ForestDescription,
  place: ForestPlace,
  { authority, say }: { authority: CertificateAuthority; say: (text: string) => void },
): Promise<{ forest: LabForest; started: boolean }> {
  const found = await recordedForest(description, place, { caFile: authority.certFile });
  const recorded = found === 'outdated' ? undefined : found;
  if (recorded && (await runs(recorded, place))) return { forest: recorded, started: false };
  if (found === 'outdated') say(`${place.name} was made from another description: making it anew`);
  const ended = await endForestProcesses(place);
  if (ended > 0) say(`ended ${ended} processes that were left of ${place.name}`);
  try {
    const samba = await bringSamba(description.samba, say);
    const forest = await createAndStart(description, recorded, place, { authority, samba, say });
    return { forest, started: true };
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

async function runningLab(
  home: string,
  descriptions: readonly ForestDescription[],
): Promise<Lab | undefined> {
  const lab = await readLab(labFile(home)).catch(() => undefined);
  if (lab?.folder !== home) return undefined;
  const states = await Promise.all(
    descriptions.map(async (description) => {
      const place = forestPlace(home, description.name);
      if (lab.forests.every((forest) => forest.name !== description.name)) return false;
      const recorded = await recordedForest(description, place, { caFile: lab.ca.certFile });
      return recorded !== undefined && recorded !== 'outdated' && (await runs(recorded, place));
    }),
  );
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
