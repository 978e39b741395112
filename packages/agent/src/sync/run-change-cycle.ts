import type { ForestId } from '@homeward/sync';
import { type ChangeReport, type ChangeSource, importDirectoryChanges } from './import-directory-changes.ts';
import type { CycleProgress } from './run-full-cycle.ts';
import {
  adoptConfiguration,
  noteImported,
  type SynchroniseDeps,
  type SynchroniseReport,
  synchroniseAndExport,
} from './synchronise-and-export.ts';

export type ChangeCycleDeps = Omit<SynchroniseDeps, 'onProgress'> & {
  directory: ChangeSource;
  /** the SID of the forest that `directory` reads */
  forest: ForestId;
  /** read everything once more, as once a week: it finds deletions that the account cannot see */
  full: boolean;
  onProgress?: (progress: CycleProgress) => void;
};

/**
 * One cycle for one forest that costs by what changed: import changes, synchronise and export whom they concern.
 * Reads everything where there is no cookie for the controller that answers.
 *
 * @throws what the directory throws; as `sendBulk`; the signal's reason
 */
export async function runChangeCycle(
  deps: ChangeCycleDeps,
): Promise<SynchroniseReport & { imported: ChangeReport }> {
  const { store, forest, log, clock, onProgress, signal } = deps;
  const began = clock.now();
  adoptConfiguration(store, deps.configuration);
  const imported = await importDirectoryChanges({
    ...deps,
    onImported(done) {
      signal?.throwIfAborted();
      onProgress?.({ step: 'import', forest, done });
    },
  });
  if (imported.mode === 'full') noteImported(store, forest, clock.now());
  const report = { imported, ...(await synchroniseAndExport(deps)) };
  const { added, changed, deleted, moved, mode } = imported;
  const { exported } = report;
  const isQuiet = added + changed + deleted + exported.created + exported.updated + exported.deleted === 0;
  const ms = clock.now() - began;
  log[isQuiet ? 'debug' : 'info'](
    { forest, mode, added, changed, deleted, moved, exported, ms },
    'synchronised',
  );
  return report;
}
