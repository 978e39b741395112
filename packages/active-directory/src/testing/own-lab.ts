import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folders of the labs that the tests of the `lab` project work on, by worker. */
    labFolders: string[];
  }
}

/** Folder of the lab that the tests of this worker have to themselves. */
export function ownLabFolder(): string {
  const worker = Number(process.env['VITEST_POOL_ID']);
  const folder = inject('labFolders')[worker - 1];
  if (folder === undefined) throw new Error(`there is no lab for worker ${worker}`);
  return folder;
}
