/** Everything that is measured of synchronisation. */
import { bringLargeLab } from '../forest/bring-large-lab.ts';
import type { Measured, Sampled } from './report.ts';
import { benchResetsDuringImport } from './sync-during-resets.ts';
import { benchImport } from './sync-import.ts';
import { benchSyntheticSync, OBJECTS } from './sync-synthetic.ts';

export const PEOPLE = 10_000;

/** @param options for a quick look: fewer synthetic objects, or fewer real people */
export async function benchSync(
  options: { objects?: number; people?: number } = {},
): Promise<{ sampled: Sampled[]; measured: Measured[] }> {
  const { objects = OBJECTS, people = PEOPLE } = options;
  const say = (line: string) => console.log(line);
  const parts = [];
  {
    await using large = await bringLargeLab(people, say);
    const [forest] = large.lab.forests;
    if (forest === undefined) throw new Error('the lab has no forest');
    console.log('Importing a real directory, and searching it barely, in turn …');
    parts.push(await benchImport(forest));
    console.log('Resetting passwords while the agent reads everything, and while it idles, in turn …');
    parts.push(await benchResetsDuringImport(large.lab));
  }
  parts.push(await benchSyntheticSync(objects));
  return {
    sampled: parts.flatMap((part) => part.sampled),
    measured: parts.flatMap((part) => part.measured),
  };
}
