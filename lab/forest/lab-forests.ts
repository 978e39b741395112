import { corpForest } from './corp-forest.ts';
import { LabError } from './errors.ts';
import type { ForestDescription } from './forest-description.ts';
import { hintsForest } from './hints-forest.ts';
import { smallForest } from './small-forest.ts';

/** All forests of the lab, in the order of lab.json: whoever needs any forest takes the first. */
export const LAB_FORESTS: readonly ForestDescription[] = [corpForest, hintsForest];

/** What the demo, the smoke test and the benchmark need, and what a lab-up brings that asks for nothing else. */
export const DEFAULT_FORESTS: readonly ForestDescription[] = [corpForest];

/**
 * Companies beside corp: one that was bought, and a resource forest with the mailboxes of others' accounts. They come
 * when they are asked for by name.
 */
export const mergerForest = smallForest('merger');
export const resourcesForest = smallForest('resources', 'system', { mailboxSchema: true });

const KNOWN = [...LAB_FORESTS, mergerForest, resourcesForest];

/**
 * @param asked `all` (those of every test), or names with commas between them; the default ones where nothing is asked
 * @throws {LabError} ERR_LAB_UNKNOWN_FOREST
 */
export function chosenForests(asked: string | undefined): readonly ForestDescription[] {
  if (!asked) return DEFAULT_FORESTS;
  if (asked === 'all') return LAB_FORESTS;
  const names = asked.split(',');
  const unknown = names.filter((name) => KNOWN.every((forest) => forest.name !== name));
  if (unknown.length > 0) {
    const known = KNOWN.map((forest) => forest.name).join(', ');
    throw new LabError(
      'ERR_LAB_UNKNOWN_FOREST',
      `The lab has no forest called ${unknown.join(', ')}. FORESTS takes all, or some of: ${known}`,
    );
  }
  return KNOWN.filter((forest) => names.includes(forest.name));
}
