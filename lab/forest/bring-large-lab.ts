import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../lab-file.ts';
import { bringLabUp } from './bring-lab-up.ts';
import { cacheFolder } from './forky-samba.ts';
import { largeForest } from './large-forest.ts';
import { mustRun } from './run-command.ts';
import { takeLabDown } from './take-lab-down.ts';

/**
 * A running lab of one forest with so many people. It is made once, into the cache that checkouts share, and copied
 * for whoever asks, so that nobody's writes are in the next one's way. `await using` takes it down and deletes it.
 */
export async function bringLargeLab(
  people: number,
  say: (text: string) => void,
): Promise<AsyncDisposable & { lab: Lab }> {
  const description = largeForest(people);
  const kept = join(cacheFolder(), `large-forest-${people}`);
  await mkdir(kept, { recursive: true, mode: 0o700 });
  const made = await bringLabUp(kept, say, [description]);
  if (made.found === 'nothing') say('it is kept, so that the next time is quicker');
  await takeLabDown(kept, say);
  const folder = await mkdtemp(join(tmpdir(), 'homeward-large-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await mustRun('cp', ['--archive', '--reflink=auto', '--sparse=always', `${kept}/.`, folder]);
    const { lab } = await bringLabUp(folder, say, [description]);
    return {
      lab,
      async [Symbol.asyncDispose]() {
        await takeLabDown(folder, say);
        await remove();
      },
    };
  } catch (error) {
    await takeLabDown(folder, say);
    await remove();
    throw error;
  }
}
