import type { CloudObject, DirectoryObject, MetaverseObject, ObjectType } from './connector-object.ts';
import { SyncError } from './errors.ts';
import { isCalled, pendingExportOf, type SyncStore } from './sync-store.ts';

type Tables = {
  directory: Map<number, DirectoryObject>;
  metaverse: Map<number, MetaverseObject>;
  cloud: Map<number, CloudObject>;
  queue: Map<number, ObjectType>;
  members: Map<number, readonly string[]>;
  containers: Map<string, { forest: string; objectGuid: string; dn: string }>;
  facts: Map<string, string>;
};

/** For tests: keeps everything in memory and searches it row by row. */
export function openInMemorySyncStore(): SyncStore {
  let tables: Tables = {
    directory: new Map(),
    metaverse: new Map(),
    cloud: new Map(),
    queue: new Map(),
    members: new Map(),
    containers: new Map(),
    facts: new Map(),
  };
  const seen = new Map<string, Set<number>>();
  let lastId = 0;
  let isInTransaction = false;

  const nextId = () => ++lastId;
  const byId = <Row extends { id: number }>(rows: Iterable<Row>) => [...rows].sort((a, b) => a.id - b.id);
  const directory = () => byId(tables.directory.values());
  const cloud = () => byId(tables.cloud.values());
  const pending = (kind: 'provision' | 'delete') =>
    cloud().filter((object) => pendingExportOf(object) === kind);
  return {
    transaction(work) {
      if (isInTransaction) return work();
      const before = copyOf(tables);
      isInTransaction = true;
      try {
        return work();
      } catch (error) {
        tables = before;
        throw error;
      } finally {
        isInTransaction = false;
      }
    },

    directoryObject: (id) => tables.directory.get(id),
    directoryObjectByGuid: (forest, objectGuid) =>
      directory().find((object) => object.forest === forest && object.objectGuid === objectGuid),
    directoryObjectsByMatchKey: (matchKey) => directory().filter((object) => object.matchKey === matchKey),
    anotherWithMatchKey: (matchKey, id) =>
      directory().find((object) => object.matchKey === matchKey && object.id !== id),
    directoryObjectsAfter: (after, limit) =>
      directory()
        .filter(({ id }) => id > after)
        .slice(0, limit),
    findDirectoryObjects: (text) => directory().filter((object) => isCalled(object, text)),
    leavingDirectoryObjects: (limit) =>
      directory()
        .filter(({ matchKey, link, obsolete }) => matchKey === undefined && (link !== undefined || obsolete))
        .slice(0, limit),
    directoryObjectsOf: (metaverseObject) =>
      directory().filter((object) => object.link?.metaverseObject === metaverseObject),
    countDirectoryObjects: (forest) =>
      directory().filter((object) => object.forest === forest && !object.obsolete).length,
    addDirectoryObject(object) {
      if (directory().some((one) => one.forest === object.forest && one.objectGuid === object.objectGuid))
        throw new SyncError(
          'ERR_SYNC_STORE_INCONSISTENT',
          'The forest has an object with this GUID already.',
        );
      const added = { ...object, id: nextId() };
      tables.directory.set(added.id, added);
      return added;
    },
    saveDirectoryObject(object) {
      const link = tables.directory.get(object.id)?.link;
      tables.directory.set(object.id, { ...object, link });
    },
    setLink(id, link) {
      const object = tables.directory.get(id);
      if (object !== undefined) tables.directory.set(id, { ...object, link });
    },
    removeDirectoryObject(id) {
      tables.directory.delete(id);
      tables.members.delete(id);
    },

    beginSweep: (forest) => void seen.set(forest, new Set()),
    markSeen: (forest, id) => void seen.get(forest)?.add(id),
    unseenDirectoryObjects: (forest) =>
      directory()
        .filter((object) => object.forest === forest && !object.obsolete && !seen.get(forest)?.has(object.id))
        .map(({ id }) => id),

    directoryDns: (forest) => directory().filter((object) => object.forest === forest && !object.obsolete),

    containerDn: (forest, objectGuid) => tables.containers.get(`${forest} ${objectGuid}`)?.dn,
    containerDns: (forest) =>
      [...tables.containers.values()]
        .filter((container) => container.forest === forest)
        .map(({ objectGuid, dn }) => ({ objectGuid, dn })),
    setContainerDn(forest, objectGuid, dn) {
      if (dn === undefined) tables.containers.delete(`${forest} ${objectGuid}`);
      else tables.containers.set(`${forest} ${objectGuid}`, { forest, objectGuid, dn });
    },

    members: (group) => [...(tables.members.get(group) ?? [])].sort(),
    setMembers: (group, objectGuids) => void tables.members.set(group, objectGuids),
    groupsWith: (forest, objectGuid) =>
      directory()
        .filter(({ id }) => tables.members.get(id)?.includes(objectGuid))
        .filter((group) => group.forest === forest)
        .map(({ id }) => id),
    cloudAnchorsOfMembers(group) {
      const forest = tables.directory.get(group)?.forest;
      const links = directory()
        .filter((object) => object.forest === forest)
        .filter(({ objectGuid }) => tables.members.get(group)?.includes(objectGuid))
        .map(({ link }) => link?.metaverseObject);
      const anchors = cloud()
        .filter(({ link, desired }) => desired !== undefined && links.includes(link?.metaverseObject ?? -1))
        .flatMap(({ cloudAnchor }) => cloudAnchor ?? []);
      return [...new Set(anchors)].sort();
    },

    queue: ({ id, objectType }) => void tables.queue.set(id, objectType),
    queued: (objectType, limit) =>
      [...tables.queue]
        .filter(([, type]) => type === objectType)
        .map(([id]) => id)
        .sort((a, b) => a - b)
        .slice(0, limit),
    unqueue: (objectType, id) => void (tables.queue.get(id) === objectType && tables.queue.delete(id)),
    countQueued: () => tables.queue.size,
    isQueued: (id) => tables.queue.has(id),

    metaverseObject: (id) => tables.metaverse.get(id),
    metaverseObjectsBySourceAnchor: (sourceAnchor) =>
      byId(tables.metaverse.values()).filter((object) => object.sourceAnchor === sourceAnchor),
    metaverseObjectsAfter: (after, limit) =>
      byId(tables.metaverse.values())
        .filter(({ id }) => id > after)
        .slice(0, limit),
    refusedMetaverseObjects: (limit) =>
      byId(tables.metaverse.values())
        .filter(({ refusals }) => refusals.length > 0)
        .slice(0, limit),
    addMetaverseObject(object) {
      const added = { ...object, id: nextId() };
      tables.metaverse.set(added.id, added);
      return added;
    },
    saveMetaverseObject: (object) => void tables.metaverse.set(object.id, object),
    removeMetaverseObject: (id) => void tables.metaverse.delete(id),

    cloudObject: (id) => tables.cloud.get(id),
    cloudObjectByCloudAnchor: (cloudAnchor) => cloud().find((object) => object.cloudAnchor === cloudAnchor),
    cloudObjectBySourceAnchor: (sourceAnchor) =>
      cloud().find((object) => object.sourceAnchor === sourceAnchor),
    cloudObjectOf: (metaverseObject) =>
      cloud().find((object) => object.link?.metaverseObject === metaverseObject),
    addCloudObject(object) {
      if (cloud().some((one) => one.sourceAnchor === object.sourceAnchor))
        throw new SyncError('ERR_SYNC_STORE_INCONSISTENT', 'The cloud has an object with this sourceAnchor.');
      const added = { ...object, id: nextId() };
      tables.cloud.set(added.id, added);
      return added;
    },
    saveCloudObject: (object) => void tables.cloud.set(object.id, object),
    removeCloudObject: (id) => void tables.cloud.delete(id),
    cloudObjectsAfter: (after, limit) =>
      cloud()
        .filter(({ id }) => id > after)
        .slice(0, limit),
    countCloudObjects: (upTo = Number.POSITIVE_INFINITY) => Math.min(tables.cloud.size, upTo),
    pendingExports: (kind, objectType, after, limit) =>
      pending(kind)
        .filter((object) => object.objectType === objectType && object.id > after)
        .slice(0, limit),
    countPendingExports: (kind) => pending(kind).length,

    fact: (name) => tables.facts.get(name),
    setFact: (name, value) =>
      void (value === undefined ? tables.facts.delete(name) : tables.facts.set(name, value)),
  };
}

function copyOf(tables: Tables): Tables {
  return {
    directory: new Map(tables.directory),
    metaverse: new Map(tables.metaverse),
    cloud: new Map(tables.cloud),
    queue: new Map(tables.queue),
    members: new Map(tables.members),
    containers: new Map(tables.containers),
    facts: new Map(tables.facts),
  };
}
