import { setImmediate, setTimeout } from 'node:timers/promises';
import {
  deletionsExported,
  type ForestId,
  type HeldDeletions,
  heldDeletions,
  importsGroups,
  type ObjectType,
  queueEverybodyInSteps,
  type SyncConfiguration,
  type SyncStore,
  synchroniseInSteps,
} from '@homeward/sync';
import type { AgentLog } from '../log.ts';
import { type ExportCounts, exportToCloud } from './export-to-cloud.ts';
import type { CloudEndpoint } from './scim-client.ts';

export type SynchroniseProgress =
  | { step: 'synchronise'; done: number; left: number }
  | { step: 'export'; done: number };

export type SynchroniseDeps = {
  store: SyncStore;
  cloud: CloudEndpoint;
  /** every forest of this agent */
  configuration: SyncConfiguration;
  log: AgentLog;
  clock: { now: () => number };
  onProgress?: (progress: SynchroniseProgress) => void;
  /** ends the run between two steps; the next one picks up there */
  signal?: AbortSignal;
};

export type SynchroniseReport = {
  exported: ExportCounts;
  /** deletions in the cloud that wait for confirmation */
  heldInCloud: HeldDeletions | undefined;
  /** forests that have to be imported once before people can be matched; until then nothing is exported */
  waitingFor: readonly ForestId[];
};

/**
 * Synchronises whom imports have queued (everybody, if the configuration changed since) and exports what is
 * pending. Runs on one store take turns.
 *
 * @throws as `sendBulk`; the signal's reason
 */
export function synchroniseAndExport(deps: SynchroniseDeps): Promise<SynchroniseReport> {
  const { store, log } = deps;
  return takingTurns(store, async () => {
    const waitingFor = neverImported(deps);
    if (waitingFor.length > 0) {
      log.warn({ waitingFor }, 'people are matched across forests, and not every forest was imported yet');
      const exported = { created: 0, updated: 0, deleted: 0, refused: 0 };
      return { exported, heldInCloud: undefined, waitingFor };
    }
    await synchroniseAll(deps);
    logRefusals(store, log);
    const heldBefore = heldDeletions(store, 'cloud');
    const exported = await exportAll(deps);
    const heldInCloud = heldDeletions(store, 'cloud');
    if (heldInCloud !== undefined)
      log[heldBefore?.deletions === heldInCloud.deletions ? 'debug' : 'warn'](
        heldInCloud,
        'many people would be deleted in the cloud; that waits until it is confirmed',
      );
    return { exported, heldInCloud, waitingFor };
  });
}

/** Whoever is refused is named when that is news, not in every cycle. */
function logRefusals(store: SyncStore, log: AgentLog): void {
  const refused = store.refusedMetaverseObjects(REFUSALS_LOGGED);
  const told = JSON.stringify(refused.map(({ id, refusals }) => [id, ...refusals]));
  if (told === (store.fact(REFUSALS_TOLD) ?? '[]')) return;
  store.transaction(() => store.setFact(REFUSALS_TOLD, told));
  for (const { sourceAnchor, anchorOwner, refusals } of refused) {
    const dn = store.directoryObject(anchorOwner)?.dn;
    log.warn({ dn, sourceAnchor, refusals }, 'not provisioned: it cannot be told from another object');
  }
}

const REFUSALS_TOLD = 'refusals told';
const REFUSALS_LOGGED = 20;

/** Groups name their members by cloudAnchor: they follow their members into the cloud, and then other groups. */
async function exportAll(deps: SynchroniseDeps): Promise<ExportCounts> {
  const { store, log, cloud, clock, onProgress, signal } = deps;
  const total = { created: 0, updated: 0, deleted: 0, refused: 0 };
  const exportOf = async (objectType: ObjectType) => {
    const before = total.created + total.updated + total.deleted;
    const counts = await exportToCloud(
      {
        store,
        log,
        cloud,
        now: clock.now,
        sleep: (ms) => setTimeout(ms, undefined, signal && { signal }),
        onExported(done) {
          signal?.throwIfAborted();
          onProgress?.({ step: 'export', done: before + done });
        },
      },
      objectType,
    );
    total.created += counts.created;
    total.updated += counts.updated;
    total.deleted += counts.deleted;
    total.refused += counts.refused;
  };
  await exportOf('user');
  if (importsGroups(deps.configuration)) {
    await synchroniseAll(deps);
    await exportOf('group');
    const refused = total.refused;
    if (store.countQueued() > 0) {
      await synchroniseAll(deps);
      await exportOf('group');
      total.refused = refused;
    }
  }
  if (heldDeletions(store, 'cloud') === undefined) deletionsExported(store);
  return total;
}

/** Before the first import into an empty store: everybody is imported by this configuration, nobody by another. */
export function adoptConfiguration(store: SyncStore, configuration: SyncConfiguration): void {
  if (store.fact(CONFIGURATION) === undefined && store.directoryObjectsAfter(0, 1).length === 0)
    store.setFact(CONFIGURATION, JSON.stringify(configuration));
}

/** Notes that the whole forest was imported; people are not matched across forests before all of them were. */
export function noteImported(store: SyncStore, forest: ForestId, now: number): void {
  store.setFact(importedFact(forest), String(now));
}

/** Gives way after each batch, so that resets are served meanwhile. */
async function synchroniseAll(deps: SynchroniseDeps): Promise<void> {
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

/** The forests of which everything was imported at least once. */
export function completelyImported({ store, configuration }: SynchroniseDeps): ForestId[] {
  return configuration.forests.map(({ id }) => id).filter((id) => store.fact(importedFact(id)) !== undefined);
}

/** A person known from one forest alone would get that one's sourceAnchor for good. */
function neverImported(deps: SynchroniseDeps): ForestId[] {
  const { forests, rules } = deps.configuration;
  if (!rules.some((rule) => rule.direction === 'inbound' && rule.join !== undefined)) return [];
  const imported = completelyImported(deps);
  return forests.map(({ id }) => id).filter((id) => !imported.includes(id));
}

const turns = new WeakMap<SyncStore, Promise<unknown>>();

/** What reads and writes the cloud's connector space waits for what does so already. */
export function takingTurns<T>(store: SyncStore, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(store) ?? Promise.resolve()).then(work, work);
  turns.set(store, turn);
  return turn;
}
