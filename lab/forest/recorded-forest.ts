import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LabForest, writePrivately } from '../lab-file.ts';
import type { ForestDescription } from './forest-description.ts';
import type { ForestPlace } from './forest-place.ts';

type ForestRecord = LabForest & { madeFrom: string };

/** The last thing that is written of a new forest: a folder without it is none. */
export async function recordForest(
  folder: string,
  description: ForestDescription,
  forest: LabForest,
): Promise<void> {
  const record: ForestRecord = { ...forest, madeFrom: fingerprint(description) };
  await writePrivately(join(folder, 'forest.json'), record);
}

/**
 * The forest that was made in this place; nothing where there is none. `outdated` where it was made from another
 * description, such as an earlier checkout's: tests would look in vain for what this one says.
 */
export async function recordedForest(
  description: ForestDescription,
  place: ForestPlace,
  { caFile }: { caFile: string },
): Promise<LabForest | 'outdated' | undefined> {
  const text = await readFile(join(place.folder, 'forest.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { madeFrom, ...forest }: ForestRecord = JSON.parse(text);
  if (madeFrom !== fingerprint(description)) return 'outdated';
  // Paths follow a checkout that was moved.
  return { ...forest, caFile, krb5Config: join(place.folder, 'krb5.conf') };
}

function fingerprint(description: ForestDescription): string {
  return createHash('sha256').update(JSON.stringify(description)).digest('hex').slice(0, 16);
}
