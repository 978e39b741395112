import type { TestProject } from 'vitest/node';
import { bringLabUp } from './forest/bring-lab-up.ts';
import { LAB_FORESTS } from './forest/lab-forests.ts';
import { takeLabDown } from './forest/take-lab-down.ts';
import { labFile, labFolder } from './lab-file.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the lab.json that the tests of the `lab` project work on; `readLab(inject('labFile'))`. */
    labFile: string;
  }
}

/**
 * Brings all forests of the lab up once for the whole `lab` project, and takes down only those that it started: what
 * somebody had running is left running.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = labFolder();
  const say = (text: string) => console.log(`lab: ${text}`);
  const { lab, started } = await bringLabUp(folder, say, LAB_FORESTS);
  project.provide('labFile', labFile(lab.folder));
  return async () => {
    if (started.length === lab.forests.length) await takeLabDown(lab.folder, say);
    else if (started.length > 0) await takeLabDown(lab.folder, say, started);
  };
}
