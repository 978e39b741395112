import {
  type CloudObject,
  type DirectoryObject,
  type ForestId,
  type Link,
  type MetaverseObject,
  type ObjectType,
  sameAttributes,
} from './connector-object.ts';

type New<Row> = Omit<Row, 'id'>;

/** What finding a person for writeback reads; another connection than the one that writes may serve it. */
export type LinkReader = {
  /** the object in the cloud's connector space; cloudAnchors are lower-case UUIDs */
  cloudObjectByCloudAnchor: (cloudAnchor: string) => CloudObject | undefined;
  metaverseObject: (id: number) => MetaverseObject | undefined;
  /** the forests' objects that are linked to it, by id */
  directoryObjectsOf: (metaverseObject: number) => DirectoryObject[];
};

/**
 * The store of the engine: connector spaces, metaverse, links, and what is still to be done. Synchronous; ids are
 * never given twice; rows come back equal to what was put in. `src/sync-store.contract.ts` is the whole contract.
 */
export type SyncStore = LinkReader & {
  /** All of the work or, if it throws, nothing. Inside another transaction it is part of that one. */
  transaction: <T>(work: () => T) => T;

  directoryObject: (id: number) => DirectoryObject | undefined;
  directoryObjectByGuid: (forest: ForestId, objectGuid: string) => DirectoryObject | undefined;
  /** every forest's, by id; never asked for `STANDS_ALONE` */
  directoryObjectsByMatchKey: (matchKey: string) => DirectoryObject[];
  /** any object with this key but this one; never asked for `STANDS_ALONE` */
  anotherWithMatchKey: (matchKey: string, directoryObject: number) => DirectoryObject | undefined;
  /** every forest's, by id, from the first after `after` */
  directoryObjectsAfter: (after: number, limit: number) => DirectoryObject[];
  /** those whose GUID, DN or any one value is this text, whatever its case, by id; may read everything */
  findDirectoryObjects: (text: string) => DirectoryObject[];
  /** those with no match key that are linked, or obsolete: they leave at the next synchronisation */
  leavingDirectoryObjects: (limit: number) => DirectoryObject[];
  countDirectoryObjects: (forest: ForestId) => number;
  addDirectoryObject: (object: New<DirectoryObject>) => DirectoryObject;
  /** writes everything but the link */
  saveDirectoryObject: (object: DirectoryObject) => void;
  setLink: (directoryObject: number, link: Link | undefined) => void;
  removeDirectoryObject: (id: number) => void;

  /** Forgets what was seen in this forest. What was seen need not outlive the process: imports start again. */
  beginSweep: (forest: ForestId) => void;
  markSeen: (forest: ForestId, directoryObject: number) => void;
  /** ids, ascending, of the forest's objects that are not obsolete and were not seen since the sweep began */
  unseenDirectoryObjects: (forest: ForestId) => number[];

  /** DNs of a forest's objects that are not obsolete; the store may not be written to meanwhile */
  directoryDns: (forest: ForestId) => Iterable<{ id: number; dn: string }>;

  /** Containers of a forest, known by GUID, so that a rename shows which DN they had. */
  containerDn: (forest: ForestId, objectGuid: string) => string | undefined;
  containerDns: (forest: ForestId) => { objectGuid: string; dn: string }[];
  setContainerDn: (forest: ForestId, objectGuid: string, dn: string | undefined) => void;

  /** objectGUIDs of a group's members, sorted; they need not be imported, or be imported yet */
  members: (group: number) => string[];
  /** removing the group removes them */
  setMembers: (group: number, objectGuids: readonly string[]) => void;
  /** ids of the groups of a forest that have this object as a direct member */
  groupsWith: (forest: ForestId, objectGuid: string) => number[];
  /** cloudAnchors, sorted, of a group's direct members that are, and are to stay, in the cloud */
  cloudAnchorsOfMembers: (group: number) => string[];

  /** Directory objects to be synchronised again, with all who are the same person; queued twice is queued once. */
  queue: (object: Pick<DirectoryObject, 'id' | 'objectType'>) => void;
  /** ids, ascending */
  queued: (objectType: ObjectType, limit: number) => number[];
  unqueue: (objectType: ObjectType, directoryObject: number) => void;
  countQueued: () => number;
  isQueued: (directoryObject: number) => boolean;

  metaverseObjectsBySourceAnchor: (sourceAnchor: string) => MetaverseObject[];
  metaverseObjectsAfter: (after: number, limit: number) => MetaverseObject[];
  /** those that are refused, by id: see `Refusal` */
  refusedMetaverseObjects: (limit: number) => MetaverseObject[];
  addMetaverseObject: (object: New<MetaverseObject>) => MetaverseObject;
  saveMetaverseObject: (object: MetaverseObject) => void;
  removeMetaverseObject: (id: number) => void;

  cloudObject: (id: number) => CloudObject | undefined;
  cloudObjectBySourceAnchor: (sourceAnchor: string) => CloudObject | undefined;
  cloudObjectOf: (metaverseObject: number) => CloudObject | undefined;
  addCloudObject: (object: New<CloudObject>) => CloudObject;
  saveCloudObject: (object: CloudObject) => void;
  removeCloudObject: (id: number) => void;
  /** by id, from the first after `after` */
  cloudObjectsAfter: (after: number, limit: number) => CloudObject[];
  /** stops counting at `upTo` */
  countCloudObjects: (upTo?: number) => number;
  /** pending exports by id, from the first after `after`: `delete` where nothing is desired */
  pendingExports: (kind: ExportKind, objectType: ObjectType, after: number, limit: number) => CloudObject[];
  countPendingExports: (kind: ExportKind) => number;

  /** Small facts of the runs (what is held, cookies), by name. */
  fact: (name: string) => string | undefined;
  setFact: (name: string, value: string | undefined) => void;
};

export type ExportKind = 'provision' | 'delete';

/** Whether an export is pending for the object, and which; stores keep it beside the row to find it by. */
export function pendingExportOf(object: Omit<CloudObject, 'id'>): ExportKind | undefined {
  const open = object.unanswered !== undefined || object.error !== undefined;
  if (object.desired === undefined) return open || object.confirmed !== undefined ? 'delete' : undefined;
  return open || !sameAttributes(object.desired, object.confirmed) ? 'provision' : undefined;
}

/** Whether an administrator may mean the object by this text: its GUID, DN, or the value of an attribute. */
export function isCalled(object: DirectoryObject, text: string): boolean {
  const sought = text.toLowerCase();
  const names = [object.objectGuid, object.dn, ...Object.values(object.attributes).flat()];
  return names.some((name) => name.toLowerCase() === sought);
}
