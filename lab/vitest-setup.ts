import type { TestProject } from 'vitest/node';
import { bringLabUp } from './forest/bring-lab-up.ts';
import { takeLabDown } from './forest/take-lab-down.ts';
import { labFile, labFolder } from './lab-file.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the lab.json that the tests of the `lab` project work on; `readLab(inject('labFile'))`. */
    labFile: string;
  }
}

/**
 * Brings the lab up once for the whole `lab` project, and takes down only what it started: a lab that somebody had
 * running is left running.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = labFolder();
  const say = (text: string) => console.log(`lab: ${text}`);
  const { lab, found } = await bringLabUp(folder, say);
  project.provide('labFile', labFile(lab.folder));
  return async () => {
    if (found !== 'running') await takeLabDown(lab.folder, say);
  };
}
