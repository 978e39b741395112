import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Canary, findCanary } from './canary.ts';
import { decompressed } from './compressed-content.ts';

export type Found = { file: string; encodings: string[] };

/** Every file below the folders that holds the canary, also inside compressed content. */
export function searchFiles(folders: readonly string[], canary: Canary): { files: string[]; found: Found[] } {
  const files = folders.flatMap(filesBelow);
  const found = files.flatMap((file) => {
    const bytes = readFileSync(file);
    const encodings = [bytes, ...decompressed(bytes)].flatMap((content) => findCanary(content, canary));
    return encodings.length > 0 ? [{ file, encodings: [...new Set(encodings)] }] : [];
  });
  return { files, found };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => statSync(file).size > 0);
}
