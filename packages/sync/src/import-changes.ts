import type { SyncConfiguration } from './configuration.ts';
import type { ForestId, ImportedObject } from './connector-object.ts';
import { movedDn, relativeNames } from './dn.ts';
import { changeObject, importDeletions, importObjects, type UnreadableObject } from './import-objects.ts';
import type { SyncStore } from './sync-store.ts';

/**
 * Where a reading of changes stands ([MS-ADTS] 3.1.1.3.4.1.3, DirSync): the controller's own cookie, for one
 * naming context on one controller, and what was asked for when it was given. One that covers something else
 * is of no use: what had been left out would never come.
 */
export type ChangeCookie = {
  namingContext: string;
  /** invocationId of the controller */
  controller: string;
  /** what was asked for: attributes and filter, as one text */
  covers: string;
  /** base64 */
  value: string;
};

/** A page of changes. Objects are whole: every imported attribute as it is now, not only what changed. */
export type Changes = {
  objects: readonly ImportedObject[];
  /** objectGUIDs; also of objects that were never imported */
  deleted: readonly string[];
  /**
   * Containers that were made, renamed, moved or changed: what lies below them is not reported. Also those that hold
   * the objects: each is known here under the name that its objects show, or a later rename would miss these.
   */
  containers: readonly { objectGuid: string; dn: string }[];
  /** where to go on after this page; kept with its contents or not at all */
  cookie?: ChangeCookie;
};

export type ChangeCounts = {
  added: number;
  changed: number;
  deleted: number;
  /** objects whose DN changed because a container's did */
  moved: number;
  unreadable: readonly UnreadableObject[];
};

/** Delta import: takes in one page of changes and the cookie that follows it, in one transaction. */
export function importChanges(
  store: SyncStore,
  configuration: SyncConfiguration,
  forest: ForestId,
  changes: Changes,
): ChangeCounts {
  return store.transaction(() => {
    const moved = moveContainers(store, configuration, forest, changes.containers);
    // After the containers: an object that moved out of one is told with its own, later DN.
    const { added, changed, unreadable } = importObjects(store, configuration, forest, changes.objects);
    const deleted = importDeletions(store, forest, changes.deleted);
    for (const guid of changes.deleted) store.setContainerDn(forest, guid.toLowerCase(), undefined);
    if (changes.cookie !== undefined) saveCookie(store, forest, changes.cookie);
    return { added, changed, deleted, moved, unreadable };
  });
}

/** The cookie to go on from; undefined: only a full import can tell what changed. */
export function cookieFor(
  store: SyncStore,
  forest: ForestId,
  asked: Omit<ChangeCookie, 'value'>,
): string | undefined {
  const fact = store.fact(cookieFact(forest, asked));
  if (fact === undefined) return undefined;
  const { covers, value } = JSON.parse(fact) as Pick<ChangeCookie, 'covers' | 'value'>;
  return covers === asked.covers ? value : undefined;
}

/** After a full import through DirSync: from here on, changes are enough. */
export function saveCookie(store: SyncStore, forest: ForestId, cookie: ChangeCookie): void {
  const { covers, value } = cookie;
  store.setFact(cookieFact(forest, cookie), JSON.stringify({ covers, value }));
}

/** The controller does not take the cookie (any more): it is forgotten, and a full import is next. */
export function forgetCookie(store: SyncStore, forest: ForestId, asked: Omit<ChangeCookie, 'value'>): void {
  store.setFact(cookieFact(forest, asked), undefined);
}

/**
 * Everything below a renamed container has another DN, and perhaps another place in the container filters. All are
 * looked at together: two containers may have exchanged their names.
 */
function moveContainers(
  store: SyncStore,
  configuration: SyncConfiguration,
  forest: ForestId,
  containers: Changes['containers'],
): number {
  const moves = new Map<string, { from: string; to: string }>();
  const told = new Set<string>();
  for (const { objectGuid, dn } of containers) {
    const guid = objectGuid.toLowerCase();
    const before = store.containerDn(forest, guid);
    if (before !== undefined && before !== dn) moves.set(before, { from: before, to: dn });
    if (before !== dn) store.setContainerDn(forest, guid, dn);
    told.add(guid);
  }
  if (moves.size === 0) return 0;
  // The innermost that moved decides: it was told with its whole new name.
  const innermostFirst = [...moves.values()].sort((a, b) => depthOf(b.from) - depthOf(a.from));
  const movedTo = (dn: string): string | undefined => {
    for (const { from, to } of innermostFirst) {
      const now = movedDn(dn, from, to);
      if (now !== undefined) return now;
    }
    return undefined;
  };
  for (const { objectGuid, dn } of store.containerDns(forest)) {
    const now = told.has(objectGuid) ? undefined : movedTo(dn);
    if (now !== undefined) store.setContainerDn(forest, objectGuid, now);
  }
  const below: { id: number; dn: string }[] = [];
  for (const object of store.directoryDns(forest)) {
    const now = movedTo(object.dn);
    if (now !== undefined) below.push({ id: object.id, dn: now });
  }
  for (const { id, dn } of below) {
    const object = store.directoryObject(id);
    if (object !== undefined) changeObject(store, configuration, object, { ...object, dn });
  }
  return below.length;
}

function depthOf(dn: string): number {
  return relativeNames(dn).length;
}

function cookieFact(
  forest: ForestId,
  { namingContext, controller }: Pick<ChangeCookie, 'namingContext' | 'controller'>,
): string {
  return `cookie/${forest}/${namingContext.toLowerCase()}/${controller}`;
}
