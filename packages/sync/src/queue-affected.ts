import { type DirectoryObject, STANDS_ALONE } from './connector-object.ts';
import type { SyncStore } from './sync-store.ts';

/**
 * Queues whom a change of one object concerns, once its new match key is saved: the people it is one of now, and
 * those it has left.
 */
export function queueAffected(store: SyncStore, before: DirectoryObject, matchKey: string | undefined): void {
  if (matchKey !== undefined) store.queue(before.id);
  const { matchKey: left } = before;
  if (left === undefined || left === STANDS_ALONE || left === matchKey) return;
  const remaining = store.anotherWithMatchKey(left, before.id);
  if (remaining !== undefined) store.queue(remaining);
}
