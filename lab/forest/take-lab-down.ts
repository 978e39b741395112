import { readdir, realpath, stat } from 'node:fs/promises';
import { labFile, updateLab } from '../lab-file.ts';
import { LAB_FORESTS } from './bring-lab-up.ts';
import { forestPlace } from './forest-place.ts';
import { withLabLock } from './lab-lock.ts';
import { stopForest } from './stop-forest.ts';

/**
 * Stops what runs of the lab in `folder` and gives back its loopback addresses. Its folder stays, so that the next
 * start brings the same people back.
 */
export async function takeLabDown(folder: string, say: (text: string) => void): Promise<void> {
  const home = await realpath(folder).catch(() => folder);
  const names = new Set([...LAB_FORESTS.map((forest) => forest.name), ...(await folderNames(home))]);
  const stopAll = async () => {
    for (const name of names) {
      const { processes, addresses } = await stopForest(forestPlace(home, name));
      if (processes + addresses > 0) say(`stopped ${name}: ${processes} processes, ${addresses} address`);
    }
  };
  // Someone may have deleted the folder under a running lab; what runs is found all the same.
  if (!(await isFolder(home))) return await stopAll();
  await withLabLock(home, say, async () => {
    await stopAll();
    await updateLab(labFile(home), { mailbox: null, cloud: null }).catch(() => undefined);
  });
}

async function folderNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name.replace(/\.new$/, ''));
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
