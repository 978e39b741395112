import { matchKeyOf } from './apply-rules.ts';
import { attributesToImport, forestOf, type SyncConfiguration, selectAttributes } from './configuration.ts';
import {
  type DirectoryObject,
  type ForestId,
  type ImportedObject,
  sameAttributes,
} from './connector-object.ts';
import {
  admitDeletions,
  DEFAULT_THRESHOLD,
  type DeleteThreshold,
  useUpConfirmation,
} from './delete-protection.ts';
import { queueAffected } from './queue-affected.ts';
import { isObjectGuid } from './source-anchor.ts';
import type { SyncStore } from './sync-store.ts';

/** An object that cannot be taken in, for the log; nothing that is known of it is lost. */
export type UnreadableObject = { dn: string; reason: string };

export type ImportCounts = {
  added: number;
  changed: number;
  unchanged: number;
  unreadable: readonly UnreadableObject[];
};

const DELETIONS_PER_TRANSACTION = 1000;

/**
 * Import: brings the connector space of one forest to what the forest shows, and queues whom that concerns for
 * synchronisation. Objects may come in any order and repeatedly. One transaction.
 *
 * @throws {SyncError} ERR_SYNC_UNKNOWN_FOREST
 */
export function importObjects(
  store: SyncStore,
  configuration: SyncConfiguration,
  forest: ForestId,
  objects: readonly ImportedObject[],
): ImportCounts {
  forestOf(configuration, forest);
  const names = {
    user: attributesToImport(configuration, 'user'),
    group: attributesToImport(configuration, 'group'),
  };
  const counts = { added: 0, changed: 0, unchanged: 0, unreadable: [] as UnreadableObject[] };
  store.transaction(() => {
    for (const object of objects) {
      const reason = whyUnreadable(object);
      if (reason !== undefined) {
        counts.unreadable.push({ dn: object.dn, reason });
        continue;
      }
      const { members, ...shown } = object;
      const read = {
        ...shown,
        objectGuid: object.objectGuid.toLowerCase(),
        attributes: selectAttributes(object.attributes, names[object.objectType]),
      };
      counts[importOne(store, configuration, forest, read, members)]++;
    }
  });
  return counts;
}

function importOne(
  store: SyncStore,
  configuration: SyncConfiguration,
  forest: ForestId,
  read: Omit<ImportedObject, 'members'>,
  members: readonly string[] | undefined,
): 'added' | 'changed' | 'unchanged' {
  const known = store.directoryObjectByGuid(forest, read.objectGuid);
  if (known === undefined) {
    const matchKey = matchKeyOf(configuration, { ...read, forest });
    const fresh = { ...read, forest, matchKey, obsolete: false, sourceAnchor: undefined, link: undefined };
    const added = store.addDirectoryObject(fresh);
    if (members !== undefined) setMembers(store, added, members);
    store.markSeen(forest, added.id);
    if (matchKey !== undefined) store.queue(added);
    return 'added';
  }
  store.markSeen(forest, known.id);
  const change = changeObject(store, configuration, known, { ...known, ...read, obsolete: false });
  if (members === undefined || !setMembers(store, known, members)) return change;
  store.queue(known);
  return 'changed';
}

/** @returns whether they are others than before */
function setMembers(store: SyncStore, group: DirectoryObject, members: readonly string[]): boolean {
  const now = [...new Set(members.map((guid) => guid.toLowerCase()))].sort();
  if (store.members(group.id).join() === now.join()) return false;
  store.setMembers(group.id, now);
  return true;
}

/** Saves what changed of an object, if anything did, and queues whom that concerns. */
export function changeObject(
  store: SyncStore,
  configuration: SyncConfiguration,
  known: DirectoryObject,
  changed: DirectoryObject,
): 'changed' | 'unchanged' {
  const matchKey = changed.obsolete ? undefined : matchKeyOf(configuration, changed);
  const now = { ...changed, matchKey };
  if (isSame(known, now)) return 'unchanged';
  store.saveDirectoryObject(now);
  queueAffected(store, known, matchKey);
  return 'changed';
}

/** Marks the objects as gone from the forest, as far as they are known. One transaction. */
export function importDeletions(store: SyncStore, forest: ForestId, objectGuids: readonly string[]): number {
  return store.transaction(() => {
    const known = objectGuids
      .map((guid) => store.directoryObjectByGuid(forest, guid.toLowerCase()))
      .filter((object) => object !== undefined && !object.obsolete);
    for (const object of known) makeObsolete(store, object as DirectoryObject);
    return known.length;
  });
}

/** Before the first page of a full import. */
export function beginFullImport(store: SyncStore, forest: ForestId): void {
  store.beginSweep(forest);
}

/**
 * How a full import ended. `held`: too many objects are missing, or some could not be read, so that nobody can
 * say who is missing; all of them stay as they are.
 */
export type Sweep =
  | { kind: 'swept'; deleted: number }
  | { kind: 'held'; because: 'threshold' | 'unreadable'; missing: number; of: number };

/** After the last page: what the forest no longer shows is deleted, unless that is held. */
export function finishFullImport(
  store: SyncStore,
  forest: ForestId,
  options: { unreadable: number; threshold?: DeleteThreshold },
): Sweep {
  const missing = store.unseenDirectoryObjects(forest);
  const found = { deletions: missing.length, of: store.countDirectoryObjects(forest) };
  if (options.unreadable > 0 && found.deletions > 0)
    return { kind: 'held', because: 'unreadable', missing: found.deletions, of: found.of };
  const admitted = store.transaction(() =>
    admitDeletions(store, forest, found, options.threshold ?? DEFAULT_THRESHOLD),
  );
  if (!admitted) return { kind: 'held', because: 'threshold', missing: found.deletions, of: found.of };
  for (let at = 0; at < missing.length; at += DELETIONS_PER_TRANSACTION)
    store.transaction(() => {
      for (const id of missing.slice(at, at + DELETIONS_PER_TRANSACTION)) {
        const object = store.directoryObject(id);
        if (object !== undefined) makeObsolete(store, object);
      }
    });
  store.transaction(() => useUpConfirmation(store, forest));
  return { kind: 'swept', deleted: found.deletions };
}

function makeObsolete(store: SyncStore, object: DirectoryObject): void {
  store.saveDirectoryObject({ ...object, matchKey: undefined, obsolete: true });
  queueAffected(store, object, undefined);
}

function isSame(known: DirectoryObject, now: DirectoryObject): boolean {
  return (
    known.dn === now.dn &&
    known.objectType === now.objectType &&
    known.matchKey === now.matchKey &&
    known.obsolete === now.obsolete &&
    sameAttributes(known.attributes, now.attributes)
  );
}

function whyUnreadable(object: ImportedObject): string | undefined {
  if (!isObjectGuid(object.objectGuid)) return 'its objectGUID is no GUID';
  return object.dn === '' ? 'it has no distinguished name' : undefined;
}
