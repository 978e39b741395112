import { readdir, realpath, stat } from 'node:fs/promises';
import { labFile, readLab, writeLab } from '../lab-file.ts';
import { forestPlace } from './forest-place.ts';
import { LAB_FORESTS } from './lab-forests.ts';
import { withLabLock } from './lab-lock.ts';
import { stopForest } from './stop-forest.ts';

/**
 * Stops what runs of the lab in `folder` and gives back its loopback addresses. Its folder stays, so that the next
 * start brings the same people back.
 *
 * @param only the forests to stop, where the others shall run on; these leave lab.json until they are started again
 */
export async function takeLabDown(
  folder: string,
  say: (text: string) => void,
  only?: readonly string[],
): Promise<void> {
  const home = await realpath(folder).catch(() => folder);
  const names = new Set(only ?? [...LAB_FORESTS.map((forest) => forest.name), ...(await folderNames(home))]);
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
    const lab = await readLab(labFile(home)).catch(() => undefined);
    if (!lab) return;
    const others = lab.forests.filter(({ name }) => !names.has(name));
    if (others.length > 0) await writeLab({ ...lab, forests: others });
    else await writeLab({ ...lab, mailbox: null, cloud: null });
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
