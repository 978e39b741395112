import { ownLabFolder } from '@homeward/active-directory/testing/own-lab';
import { labFile } from './lab-file.ts';

/** Path of the lab.json of the lab that the tests of this worker have to themselves. */
export function ownLabFile(): string {
  return labFile(ownLabFolder());
}
