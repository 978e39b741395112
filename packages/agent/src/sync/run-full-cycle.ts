import type { ForestId } from '@homeward/sync';
import type { AgentLog } from '../log.ts';
import { type ImportReport, importPeople, type PeopleSource } from './import-people.ts';
import {
  adoptConfiguration,
  noteImported,
  type SynchroniseDeps,
  type SynchroniseProgress,
  type SynchroniseReport,
  synchroniseAndExport,
} from './synchronise-and-export.ts';

export type CycleProgress = SynchroniseProgress | { step: 'import'; forest: ForestId; done: number };

export type CycleDeps = Omit<SynchroniseDeps, 'onProgress'> & {
  directory: PeopleSource;
  /** whom to import: the SID of the forest that `directory` reads */
  forest: ForestId;
  onProgress?: (progress: CycleProgress) => void;
};

export type CycleReport = SynchroniseReport & { imported: ImportReport };

/**
 * One full cycle for one forest: import everybody, synchronise whom that concerns, export to the cloud. May be
 * killed anywhere: each step commits what it did, and the next cycle goes on from there.
 *
 * @throws what the directory throws; as `sendBulk`; the signal's reason
 */
export async function runFullCycle(deps: CycleDeps): Promise<CycleReport> {
  const { store, forest, log, clock, onProgress, signal } = deps;
  const began = clock.now();
  adoptConfiguration(store, deps.configuration);
  const imported = await importPeople({
    ...deps,
    onImported(done) {
      signal?.throwIfAborted();
      onProgress?.({ step: 'import', forest, done });
    },
  });
  noteImported(store, forest, clock.now());
  const report = { imported, ...(await synchroniseAndExport(deps)) };
  summarise(log, forest, report, clock.now() - began);
  return report;
}

function summarise(log: AgentLog, forest: ForestId, report: CycleReport, ms: number): void {
  const { seen, added, changed, sweep } = report.imported;
  const deleted = sweep.kind === 'swept' ? sweep.deleted : 0;
  const { exported } = report;
  const isQuiet = added + changed + deleted + exported.created + exported.updated + exported.deleted === 0;
  log[isQuiet ? 'debug' : 'info']({ forest, seen, added, changed, deleted, exported, ms }, 'synchronised');
}
