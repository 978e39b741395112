import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The path of a socket may have 107 bytes (unix(7)); that of the control socket ends with its name. */
const LONGEST = 107 - '/control.sock'.length;

/** A path for the cloud's data folder that its control socket fits into, in checkouts of any depth. */
export function shortFolder(folder: string): { path: string; remove: () => void } {
  if (Buffer.byteLength(folder) <= LONGEST) return { path: folder, remove: () => {} };
  const place = mkdtempSync(join(tmpdir(), 'homeward-lab-'));
  const path = join(place, 'cloud');
  symlinkSync(folder, path);
  return { path, remove: () => rmSync(place, { recursive: true, force: true }) };
}
