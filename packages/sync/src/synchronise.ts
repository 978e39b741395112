import { matchKeyOf } from './apply-rules.ts';
import type { SyncConfiguration } from './configuration.ts';
import type { MetaverseObject } from './connector-object.ts';
import { type LinkingDeps, linkPeopleLike, unlinkLeaver } from './link-people.ts';
import { provisionToCloud } from './provision-to-cloud.ts';
import { queueAffected } from './queue-affected.ts';
import type { SyncStore } from './sync-store.ts';

const BATCH = 500;

export type SynchroniseProgress = { done: number; left: number };

/**
 * Delta synchronisation: joins, projects, lets attributes flow and provisions whomever imports have queued. The
 * result depends on what the connector spaces hold, not on how they came to; work is bounded by what changed.
 * Each batch is one transaction, so that it may be broken off anywhere; yields after each.
 */
export function* synchroniseInSteps(
  store: SyncStore,
  configuration: SyncConfiguration,
): Generator<SynchroniseProgress, void> {
  let done = 0;
  let left = store.countQueued();
  for (;;) {
    const leavers = store.leavingDirectoryObjects(BATCH);
    if (leavers.length === 0) break;
    inBatch(store, configuration, (deps) => {
      for (const leaver of leavers) unlinkLeaver(deps, leaver);
    });
    done += leavers.length;
    yield { done, left };
  }
  // Groups last: they name their members by cloudAnchor, and many changes of people are one change of a group.
  for (const objectType of ['user', 'group'] as const)
    for (;;) {
      const ids = store.queued(objectType, BATCH);
      if (ids.length === 0) break;
      inBatch(store, configuration, (deps) => {
        const linked = new Set<number>();
        for (const id of ids) {
          store.unqueue(objectType, id);
          if (linked.has(id)) continue;
          for (const member of linkPeopleLike(deps, id)) {
            linked.add(member);
            if (member !== id) store.unqueue(objectType, member);
          }
        }
      });
      done += ids.length;
      left = Math.max(0, left - ids.length);
      yield { done, left };
    }
}

export function synchronise(store: SyncStore, configuration: SyncConfiguration): void {
  for (const _ of synchroniseInSteps(store, configuration));
}

/**
 * Queues everybody: a full synchronisation is this and then a delta one. Needed when rules, matching or container
 * filters changed. Yields after each batch.
 */
export function* queueEverybodyInSteps(
  store: SyncStore,
  configuration: SyncConfiguration,
): Generator<SynchroniseProgress, void> {
  let done = 0;
  for (let after = 0; ; ) {
    const page = store.directoryObjectsAfter(after, BATCH);
    const last = page.at(-1);
    if (last === undefined) return;
    store.transaction(() => {
      for (const object of page) {
        const matchKey = object.obsolete ? undefined : matchKeyOf(configuration, object);
        if (matchKey !== object.matchKey) store.saveDirectoryObject({ ...object, matchKey });
        queueAffected(store, object, matchKey);
      }
    });
    after = last.id;
    done += page.length;
    yield { done, left: 0 };
  }
}

export function queueEverybody(store: SyncStore, configuration: SyncConfiguration): void {
  for (const _ of queueEverybodyInSteps(store, configuration));
}

/** One transaction of linking; what it touched is checked for duplicate anchors and provisioned at its end. */
function inBatch(
  store: SyncStore,
  configuration: SyncConfiguration,
  work: (deps: LinkingDeps) => void,
): void {
  const objects = new Set<number>();
  const anchors = new Set<string>();
  const touched: LinkingDeps['touched'] = (object, sourceAnchors) => {
    objects.add(object);
    for (const anchor of sourceAnchors) anchors.add(anchor);
  };
  store.transaction(() => {
    work({ store, configuration, touched });
    for (const anchor of anchors) for (const id of refuseDuplicates(store, anchor)) objects.add(id);
    for (const id of objects) {
      const object = store.metaverseObject(id);
      if (object !== undefined) provisionToCloud(store, configuration, object);
    }
  });
}

/** Two metaverse objects with one sourceAnchor are both refused. Gives those whose refusal changed. */
function refuseDuplicates(store: SyncStore, sourceAnchor: string): number[] {
  const claimants = store.metaverseObjectsBySourceAnchor(sourceAnchor);
  const isDuplicate = claimants.length > 1;
  const changed = claimants.filter((one) => one.refusals.includes('duplicateSourceAnchor') !== isDuplicate);
  for (const one of changed) store.saveMetaverseObject({ ...one, refusals: refusalsOf(one, isDuplicate) });
  return changed.map((one) => one.id);
}

function refusalsOf(object: MetaverseObject, isDuplicate: boolean): MetaverseObject['refusals'] {
  const others = object.refusals.filter((one) => one !== 'duplicateSourceAnchor');
  return isDuplicate ? [...others, 'duplicateSourceAnchor'] : others;
}
