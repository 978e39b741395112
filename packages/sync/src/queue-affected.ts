import { type DirectoryObject, STANDS_ALONE } from './connector-object.ts';
import type { SyncStore } from './sync-store.ts';

/**
 * Queues whom a change of one object concerns, once its new match key is saved: the people it is one of now, and
 * those it has left.
 */
export function queueAffected(store: SyncStore, before: DirectoryObject, matchKey: string | undefined): void {
  if (matchKey !== undefined) store.queue(before);
  const { matchKey: left } = before;
  if (left === undefined || left === STANDS_ALONE || left === matchKey) return;
  const remaining = store.anotherWithMatchKey(left, before.id);
  if (remaining !== undefined) store.queue(remaining);
}

/** Queues the groups in the cloud that have this metaverse object as a member: they name it by its cloudAnchor. */
export function queueGroupsWith(store: SyncStore, metaverseObject: number): void {
  for (const member of store.directoryObjectsOf(metaverseObject)) queueGroupsOf(store, member);
}

export function queueGroupsOf(
  store: SyncStore,
  member: Pick<DirectoryObject, 'forest' | 'objectGuid'>,
): void {
  for (const id of store.groupsWith(member.forest, member.objectGuid))
    store.queue({ id, objectType: 'group' });
}
