import { inject } from 'vitest';
import { labFile } from './lab-file.ts';

/** Path of the lab.json of the lab that the tests of this worker have to themselves. */
export function ownLabFile(): string {
  const worker = Number(process.env['VITEST_POOL_ID']);
  const folder = inject('labFolders')[worker - 1];
  if (folder === undefined) throw new Error(`there is no lab for worker ${worker}`);
  return labFile(folder);
}
