import { createHash } from 'node:crypto';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

const RUN_FOLDER = '/run/homeward-lab';

/**
 * Where a forest lives. Samba is told `shortPath`, a link to the folder: its sockets lie in there, a socket's path may
 * have 107 bytes only (unix(7)), and a checkout may have any path, also one with spaces. The id follows from the
 * folder, so that labs in two folders share neither link nor address.
 */
export type ForestPlace = { name: string; folder: string; id: string; shortPath: string };

export function forestPlace(labFolder: string, name: string): ForestPlace {
  const folder = join(labFolder, name);
  const id = createHash('sha256').update(folder).digest('hex').slice(0, 12);
  return { name, folder, id, shortPath: join(RUN_FOLDER, id) };
}

export async function linkShortPath(place: ForestPlace, target: string): Promise<void> {
  await mkdir(RUN_FOLDER, { recursive: true, mode: 0o755 });
  await rm(place.shortPath, { force: true });
  await symlink(target, place.shortPath);
}

export async function removeShortPath(place: ForestPlace): Promise<void> {
  await rm(place.shortPath, { force: true });
}
