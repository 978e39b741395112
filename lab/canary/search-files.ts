import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Canary, findCanary } from './canary.ts';
import { decompressed } from './compressed-content.ts';

export type Found = { file: string; encodings: string[] };

/** A file that is being replaced is there again at the next look. */
const LOOKS = 20;

/** Every file below the folders that holds the canary, also inside compressed content; programs may write meanwhile. */
export function searchFiles(folders: readonly string[], canary: Canary): { files: string[]; found: Found[] } {
  const contents = folders.flatMap((folder) => contentsBelow(folder));
  const found = contents.flatMap(({ file, bytes }) => {
    const encodings = [bytes, ...decompressed(bytes)].flatMap((content) => findCanary(content, canary));
    return encodings.length > 0 ? [{ file, encodings: [...new Set(encodings)] }] : [];
  });
  return { files: contents.map(({ file }) => file), found };
}

/** All that are not empty; listed anew where one was gone before it was read: it may have got another name. */
function contentsBelow(folder: string): { file: string; bytes: Buffer }[] {
  for (let left = LOOKS; ; left--) {
    try {
      return filesBelow(folder)
        .map((file) => ({ file, bytes: readFileSync(file) }))
        .filter(({ bytes }) => bytes.length > 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || left === 0) throw error;
    }
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
