import { setImmediate, setTimeout } from 'node:timers/promises';
import {
  type ForestId,
  type HeldDeletions,
  heldDeletions,
  queueEverybodyInSteps,
  type SyncConfiguration,
  type SyncStore,
  synchroniseInSteps,
} from '@homeward/sync';
import type { AgentLog } from '../log.ts';
import { type ExportCounts, exportToCloud } from './export-to-cloud.ts';
import { type ImportReport, importPeople, type PeopleSource } from './import-people.ts';
import type { CloudEndpoint } from './scim-client.ts';

export type CycleProgress =
  | { step: 'import'; forest: ForestId; done: number }
  | { step: 'synchronise'; done: number; left: number }
  | { step: 'export'; done: number };

export type CycleDeps = {
  directory: PeopleSource;
  store: SyncStore;
  cloud: CloudEndpoint;
  /** every forest of this agent, not only the one that is imported now */
  configuration: SyncConfiguration;
  /** whom to import: the SID of the forest that `directory` reads */
  forest: ForestId;
  log: AgentLog;
  clock: { now: () => number };
  onProgress?: (progress: CycleProgress) => void;
  /** ends the run between two steps; the next one picks up there */
  signal?: AbortSignal;
};

export type CycleReport = {
  imported: ImportReport;
  exported: ExportCounts;
  /** deletions in the cloud that wait for confirmation */
  heldInCloud: HeldDeletions | undefined;
  /** forests that have to be imported once before people can be matched; until then nothing is exported */
  waitingFor: readonly ForestId[];
};

/**
 * One full cycle for one forest: import everybody, synchronise whom that concerns, export to the cloud. May be
 * killed anywhere: each step commits what it did, and the next cycle goes on from there. Runs of several forests
 * on one store take turns where they must.
 *
 * @throws what the directory throws; as `sendBulk`; the signal's reason
 */
export async function runFullCycle(deps: CycleDeps): Promise<CycleReport> {
  const { store, forest, log, clock, onProgress, signal } = deps;
  const began = clock.now();
  const imported = await importPeople({
    ...deps,
    onImported(done) {
      signal?.throwIfAborted();
      onProgress?.({ step: 'import', forest, done });
    },
  });
  store.setFact(importedFact(forest), String(clock.now()));
  return takingTurns(store, async () => {
    const waitingFor = neverImported(deps);
    const nothing = { created: 0, updated: 0, deleted: 0, refused: 0 };
    if (waitingFor.length > 0) {
      log.warn({ waitingFor }, 'people are matched across forests, and not every forest was imported yet');
      return { imported, exported: nothing, heldInCloud: undefined, waitingFor };
    }
    await synchroniseAll(deps);
    const exported = await exportToCloud({
      store,
      log,
      cloud: deps.cloud,
      now: clock.now,
      sleep: (ms) => setTimeout(ms, undefined, signal && { signal }),
      onExported(done) {
        signal?.throwIfAborted();
        onProgress?.({ step: 'export', done });
      },
    });
    const heldInCloud = heldDeletions(store, 'cloud');
    if (heldInCloud !== undefined)
      log.warn(heldInCloud, 'many people would be deleted in the cloud; that waits until it is confirmed');
    const report = { imported, exported, heldInCloud, waitingFor };
    summarise(log, forest, report, clock.now() - began);
    return report;
  });
}

/** Gives way after each batch, so that resets are served meanwhile. */
async function synchroniseAll(deps: CycleDeps): Promise<void> {
  const { store, configuration, onProgress, signal } = deps;
  const fingerprint = JSON.stringify(configuration);
  const steps = async (run: Iterable<{ done: number; left: number }>) => {
    for (const { done, left } of run) {
      onProgress?.({ step: 'synchronise', done, left });
      await setImmediate();
      signal?.throwIfAborted();
    }
  };
  if (store.fact(CONFIGURATION) !== fingerprint) {
    await steps(queueEverybodyInSteps(store, configuration));
    store.setFact(CONFIGURATION, fingerprint);
  }
  await steps(synchroniseInSteps(store, configuration));
}

const CONFIGURATION = 'configuration';

function importedFact(forest: ForestId): string {
  return `imported/${forest}`;
}

/** A person known from one forest alone would get that one's sourceAnchor for good. */
function neverImported({ store, configuration }: CycleDeps): ForestId[] {
  const matches = configuration.rules.some((rule) => rule.direction === 'inbound' && rule.join !== undefined);
  if (!matches) return [];
  return configuration.forests.map(({ id }) => id).filter((id) => store.fact(importedFact(id)) === undefined);
}

const turns = new WeakMap<SyncStore, Promise<unknown>>();

function takingTurns<T>(store: SyncStore, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(store) ?? Promise.resolve()).then(work, work);
  turns.set(store, turn);
  return turn;
}

function summarise(log: AgentLog, forest: ForestId, report: CycleReport, ms: number): void {
  const { seen, added, changed, sweep } = report.imported;
  const deleted = sweep.kind === 'swept' ? sweep.deleted : 0;
  const { exported } = report;
  const isQuiet = added + changed + deleted + exported.created + exported.updated + exported.deleted === 0;
  log[isQuiet ? 'debug' : 'info']({ forest, seen, added, changed, deleted, exported, ms }, 'synchronised');
}
