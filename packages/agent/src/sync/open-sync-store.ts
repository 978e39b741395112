import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type DirectoryObject, isCalled, type LinkReader, SyncError, type SyncStore } from '@homeward/sync';
import { openSyncDatabase, openSyncDatabaseToRead } from './sync-database.ts';
import {
  cloudObjectOf,
  cloudValues,
  directoryObjectOf,
  jsonOf,
  metaverseObjectOf,
  metaverseValues,
  type Row,
} from './sync-rows.ts';

const DIRECTORY = 'SELECT o.*, f.sid FROM directory_object o JOIN forest f ON f.id = o.forest';

/**
 * The agent's sync store, `sync.db` in its state folder.
 * @throws {SyncRunError} ERR_SYNC_STORE_UNUSABLE, ERR_SYNC_STORE_NEWER
 */
export function openSyncStore(stateFolder: string): SyncStore & { close: () => void } {
  const database = openSyncDatabase(stateFolder);
  const forestNumber = forestNumbers(database);
  return {
    ...transactions(database),
    ...readLinks(database),
    ...directoryTable(database, forestNumber),
    ...sweeps(database, forestNumber),
    ...metaverseTable(database),
    ...cloudTable(database),
    ...queueAndFacts(database),
    close: () => database.close(),
  };
}

/**
 * A second connection for locating people: it never waits for a synchronisation that is being written, and sees
 * the last committed one. `snapshot` gives all reads in it the same moment.
 *
 * @throws {SyncRunError} ERR_SYNC_STORE_UNUSABLE while no store has been made
 */
export function openLinkReader(
  stateFolder: string,
): LinkReader & { snapshot: <T>(read: () => T) => T; close: () => void } {
  const database = openSyncDatabaseToRead(stateFolder);
  return {
    ...readLinks(database),
    snapshot(read) {
      database.exec('BEGIN');
      try {
        return read();
      } finally {
        database.exec('COMMIT');
      }
    },
    close: () => database.close(),
  };
}

function transactions(database: DatabaseSync): Pick<SyncStore, 'transaction'> {
  return {
    transaction(work) {
      if (database.isTransaction) return work();
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
  };
}

function readLinks(database: DatabaseSync): LinkReader {
  const byCloudAnchor = database.prepare('SELECT * FROM cloud_object WHERE cloud_anchor = ?');
  const metaverse = database.prepare('SELECT * FROM metaverse_object WHERE id = ?');
  const linked = database.prepare(`${DIRECTORY} WHERE o.metaverse_object = ? ORDER BY o.id`);
  return {
    cloudObjectByCloudAnchor: (cloudAnchor) => one(byCloudAnchor.get(cloudAnchor), cloudObjectOf),
    metaverseObject: (id) => one(metaverse.get(id), metaverseObjectOf),
    directoryObjectsOf: (id) => linked.all(id).map(directoryObjectOf),
  };
}

function directoryTable(database: DatabaseSync, forestNumber: (sid: string) => number) {
  const byId = database.prepare(`${DIRECTORY} WHERE o.id = ?`);
  const byGuid = database.prepare(`${DIRECTORY} WHERE o.forest = ? AND o.object_guid = ?`);
  const byMatchKey = database.prepare(
    `${DIRECTORY} WHERE o.match_key = ? AND o.match_key <> '*' ORDER BY o.id`,
  );
  const another = database.prepare(
    "SELECT id FROM directory_object WHERE match_key = ? AND match_key <> '*' AND id <> ? LIMIT 1",
  );
  const after = database.prepare(`${DIRECTORY} WHERE o.id > ? ORDER BY o.id LIMIT ?`);
  const calling = database.prepare(
    `${DIRECTORY} WHERE o.object_guid = :lower OR o.dn LIKE :text ESCAPE '!' OR o.attributes LIKE :value ESCAPE '!'
     ORDER BY o.id`,
  );
  const leaving = database.prepare(
    `${DIRECTORY} WHERE o.match_key IS NULL AND (o.metaverse_object IS NOT NULL OR o.obsolete = 1)
     ORDER BY o.id LIMIT ?`,
  );
  const count = database.prepare(
    `SELECT (SELECT count(*) FROM directory_object WHERE forest = :forest)
          - (SELECT count(*) FROM directory_object WHERE forest = :forest AND obsolete = 1) AS n`,
  );
  const insert = database.prepare(
    `INSERT INTO directory_object
       (forest, object_guid, object_type, dn, attributes, match_key, obsolete, source_anchor,
        metaverse_object, link_rules)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const update = database.prepare(
    `UPDATE directory_object SET forest = ?, object_guid = ?, object_type = ?, dn = ?, attributes = ?,
       match_key = ?, obsolete = ?, source_anchor = ? WHERE id = ?`,
  );
  const link = database.prepare(
    'UPDATE directory_object SET metaverse_object = ?, link_rules = ? WHERE id = ?',
  );
  const remove = database.prepare('DELETE FROM directory_object WHERE id = ?');
  const valuesOf = (object: Omit<DirectoryObject, 'id'>) => [
    forestNumber(object.forest),
    object.objectGuid,
    object.objectType,
    object.dn,
    JSON.stringify(object.attributes),
    object.matchKey ?? null,
    Number(object.obsolete),
    object.sourceAnchor ?? null,
  ];
  return {
    directoryObject: (id) => one(byId.get(id), directoryObjectOf),
    directoryObjectByGuid: (forest, objectGuid) =>
      one(byGuid.get(forestNumber(forest), objectGuid), directoryObjectOf),
    directoryObjectsByMatchKey: (matchKey) => byMatchKey.all(matchKey).map(directoryObjectOf),
    anotherWithMatchKey: (matchKey, id) => one(another.get(matchKey, id), (row) => row['id'] as number),
    directoryObjectsAfter: (id, limit) => after.all(id, limit).map(directoryObjectOf),
    findDirectoryObjects(text) {
      const like = (part: string) => part.replace(/[!%_]/g, '!$&');
      // LIKE folds ASCII only: other letters match anything here, and isCalled decides.
      const folded = (part: string) => like(part).replace(/[^\x20-\x7e]+/g, '%');
      const candidates = calling.all({
        lower: text.toLowerCase(),
        text: folded(text),
        value: `%${folded(JSON.stringify(text))}%`,
      });
      return candidates.map(directoryObjectOf).filter((object) => isCalled(object, text));
    },
    leavingDirectoryObjects: (limit) => leaving.all(limit).map(directoryObjectOf),
    countDirectoryObjects: (forest) => Number(count.get({ forest: forestNumber(forest) })?.['n']),
    addDirectoryObject(object) {
      const { metaverseObject, rules } = object.link ?? {};
      const added = insert.run(...valuesOf(object), metaverseObject ?? null, jsonOf(rules));
      return { ...object, id: Number(added.lastInsertRowid) };
    },
    saveDirectoryObject: (object) => void update.run(...valuesOf(object), object.id),
    setLink: (id, made) => void link.run(made?.metaverseObject ?? null, jsonOf(made?.rules), id),
    removeDirectoryObject: (id) => void remove.run(id),
  } satisfies Partial<SyncStore>;
}

/** What was seen is kept as one bit an object: a sweep writes nothing and a million objects cost 125 KB. */
function sweeps(database: DatabaseSync, forestNumber: (sid: string) => number) {
  const ids = database.prepare('SELECT id FROM directory_object WHERE forest = ?');
  const obsolete = database.prepare('SELECT id FROM directory_object WHERE forest = ? AND obsolete = 1');
  const seen = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    beginSweep: (forest) => void seen.set(forest, new Uint8Array(1024)),
    markSeen(forest, id) {
      let bits = seen.get(forest);
      if (bits === undefined) return;
      const at = id >>> 3;
      if (at >= bits.length) {
        const longer = new Uint8Array(Math.max(at + 1, bits.length * 2));
        longer.set(bits);
        bits = longer;
        seen.set(forest, bits);
      }
      bits[at] = (bits[at] ?? 0) | (1 << (id & 7));
    },
    unseenDirectoryObjects(forest) {
      const bits = seen.get(forest) ?? new Uint8Array();
      const gone = new Set([...obsolete.iterate(forestNumber(forest))].map((row) => row['id']));
      const unseen: number[] = [];
      for (const row of ids.iterate(forestNumber(forest))) {
        const id = row['id'] as number;
        if (((bits[id >>> 3] ?? 0) & (1 << (id & 7))) === 0 && !gone.has(id)) unseen.push(id);
      }
      return unseen.sort((a, b) => a - b);
    },
  } satisfies Partial<SyncStore>;
}

function metaverseTable(database: DatabaseSync) {
  const byAnchor = database.prepare('SELECT * FROM metaverse_object WHERE source_anchor = ? ORDER BY id');
  const after = database.prepare('SELECT * FROM metaverse_object WHERE id > ? ORDER BY id LIMIT ?');
  const insert = database.prepare(
    `INSERT INTO metaverse_object
       (object_type, attributes, source_anchor, anchor_owner, provisioned, refusals) VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const update = database.prepare(
    `UPDATE metaverse_object SET object_type = ?, attributes = ?, source_anchor = ?, anchor_owner = ?,
       provisioned = ?, refusals = ? WHERE id = ?`,
  );
  const remove = database.prepare('DELETE FROM metaverse_object WHERE id = ?');
  return {
    metaverseObjectsBySourceAnchor: (anchor) => byAnchor.all(anchor).map(metaverseObjectOf),
    metaverseObjectsAfter: (id, limit) => after.all(id, limit).map(metaverseObjectOf),
    addMetaverseObject: (object) => ({
      ...object,
      id: Number(insert.run(...metaverseValues(object)).lastInsertRowid),
    }),
    saveMetaverseObject: (object) => void update.run(...metaverseValues(object), object.id),
    removeMetaverseObject: (id) => void remove.run(id),
  } satisfies Partial<SyncStore>;
}

function cloudTable(database: DatabaseSync) {
  const byId = database.prepare('SELECT * FROM cloud_object WHERE id = ?');
  const byAnchor = database.prepare('SELECT * FROM cloud_object WHERE source_anchor = ?');
  const byLink = database.prepare('SELECT * FROM cloud_object WHERE metaverse_object = ?');
  const pending = database.prepare(
    'SELECT * FROM cloud_object WHERE pending = ? AND object_type = ? AND id > ? ORDER BY id LIMIT ?',
  );
  const countPending = database.prepare('SELECT count(*) AS n FROM cloud_object WHERE pending = ?');
  const count = database.prepare('SELECT count(*) AS n FROM (SELECT 1 FROM cloud_object LIMIT ?)');
  const insert = database.prepare(
    `INSERT INTO cloud_object
       (object_type, source_anchor, cloud_anchor, metaverse_object, link_rules, desired, confirmed, unanswered,
        error, pending)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const update = database.prepare(
    `UPDATE cloud_object SET object_type = ?, source_anchor = ?, cloud_anchor = ?, metaverse_object = ?,
       link_rules = ?, desired = ?, confirmed = ?, unanswered = ?, error = ?, pending = ? WHERE id = ?`,
  );
  const remove = database.prepare('DELETE FROM cloud_object WHERE id = ?');
  return {
    cloudObject: (id) => one(byId.get(id), cloudObjectOf),
    cloudObjectBySourceAnchor: (anchor) => one(byAnchor.get(anchor), cloudObjectOf),
    cloudObjectOf: (metaverseObject) => one(byLink.get(metaverseObject), cloudObjectOf),
    addCloudObject: (object) => ({
      ...object,
      id: Number(insert.run(...cloudValues(object)).lastInsertRowid),
    }),
    saveCloudObject: (object) => void update.run(...cloudValues(object), object.id),
    removeCloudObject: (id) => void remove.run(id),
    countCloudObjects: (upTo = -1) => Number(count.get(upTo)?.['n']),
    pendingExports: (kind, objectType, after, limit) =>
      pending.all(kind, objectType, after, limit).map(cloudObjectOf),
    countPendingExports: (kind) => Number(countPending.get(kind)?.['n']),
  } satisfies Partial<SyncStore>;
}

function queueAndFacts(database: DatabaseSync) {
  const queue = database.prepare('INSERT OR IGNORE INTO queue (directory_object) VALUES (?)');
  const queued = database.prepare('SELECT directory_object FROM queue ORDER BY directory_object LIMIT ?');
  const unqueue = database.prepare('DELETE FROM queue WHERE directory_object = ?');
  const count = database.prepare('SELECT count(*) AS n FROM queue');
  const isQueued = database.prepare('SELECT 1 FROM queue WHERE directory_object = ?');
  const fact = database.prepare('SELECT value FROM fact WHERE name = ?');
  const setFact = database.prepare('INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)');
  const forget = database.prepare('DELETE FROM fact WHERE name = ?');
  return {
    queue: (id) => void queue.run(id),
    queued: (limit) => queued.all(limit).map((row) => row['directory_object'] as number),
    unqueue: (id) => void unqueue.run(id),
    countQueued: () => Number(count.get()?.['n']),
    isQueued: (id) => isQueued.get(id) !== undefined,
    fact: (name) => one(fact.get(name), (row) => row['value'] as string),
    setFact: (name, value) => void (value === undefined ? forget.run(name) : setFact.run(name, value)),
  } satisfies Partial<SyncStore>;
}

/** Numbers are given outside of any transaction's fate: a rolled-back one is asked for again. */
function forestNumbers(database: DatabaseSync): (sid: string) => number {
  const find: StatementSync = database.prepare('SELECT id FROM forest WHERE sid = ?');
  const insert = database.prepare('INSERT OR IGNORE INTO forest (sid) VALUES (?)');
  return (sid) => {
    const known = find.get(sid)?.['id'];
    if (typeof known === 'number') return known;
    insert.run(sid);
    const added = find.get(sid)?.['id'];
    if (typeof added === 'number') return added;
    throw new SyncError('ERR_SYNC_STORE_INCONSISTENT', `The store cannot note the forest ${sid}.`);
  };
}

function one<T>(row: Row | undefined, read: (row: Row) => T): T | undefined {
  return row === undefined ? undefined : read(row);
}
