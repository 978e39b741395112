import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bringLabUp } from './forest/bring-lab-up.ts';
import { LAB_FORESTS } from './forest/lab-forests.ts';
import { takeLabDown } from './forest/take-lab-down.ts';
import { labFile, labFolder } from './lab-file.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the lab.json that the tests of the `lab` project work on; `readLab(inject('labFile'))`. */
    labFile: string;
    /** Path of the file that appears once the lab is up: empty, or why it is not. */
    labReady: string;
  }
}

/**
 * Brings all forests of the lab up once for the whole `lab` project, and takes down only those that it started: what
 * somebody had running is left running. The other projects need not wait for it; vitest-await-lab.ts does.
 */
export function setup(project: TestProject): () => Promise<void> {
  const folder = labFolder();
  const signs = mkdtempSync(join(tmpdir(), 'homeward-lab-'));
  const ready = join(signs, 'ready');
  const say = (text: string) => console.log(`lab: ${text}`);
  project.provide('labFile', labFile(folder));
  project.provide('labReady', ready);
  const bringing = bringLabUp(folder, say, LAB_FORESTS);
  // Whole or not at all: an empty one says that all is well.
  const tell = (problem: string) => {
    writeFileSync(`${ready}.new`, problem);
    renameSync(`${ready}.new`, ready);
  };
  bringing.then(
    () => tell(''),
    (error: unknown) => tell(error instanceof Error ? error.message : String(error)),
  );
  return async () => {
    try {
      const { lab, started } = await bringing;
      if (started.length === lab.forests.length) await takeLabDown(lab.folder, say);
      else if (started.length > 0) await takeLabDown(lab.folder, say, started);
    } finally {
      rmSync(signs, { recursive: true });
    }
  };
}
