import type { DatabaseSync } from 'node:sqlite';
import type { LinkReader, SyncStore } from '@homeward/sync';
import { cloudTable, metaverseTable } from './cloud-table.ts';
import { containerTable, directoryTable, forestNumbers, sweeps } from './directory-table.ts';
import { memberTable } from './member-table.ts';
import { openSyncDatabase, openSyncDatabaseToRead } from './sync-database.ts';
import { cloudObjectOf, DIRECTORY_ROWS, directoryObjectOf, metaverseObjectOf, rowOf } from './sync-rows.ts';

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
    ...containerTable(database, forestNumber),
    ...memberTable(database, forestNumber),
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
  const linked = database.prepare(`${DIRECTORY_ROWS} WHERE o.metaverse_object = ? ORDER BY o.id`);
  return {
    cloudObjectByCloudAnchor: (cloudAnchor) => rowOf(byCloudAnchor.get(cloudAnchor), cloudObjectOf),
    metaverseObject: (id) => rowOf(metaverse.get(id), metaverseObjectOf),
    directoryObjectsOf: (id) => linked.all(id).map(directoryObjectOf),
  };
}

function queueAndFacts(database: DatabaseSync) {
  const queue = database.prepare('INSERT OR IGNORE INTO queue (object_type, directory_object) VALUES (?, ?)');
  const queued = database.prepare(
    'SELECT directory_object FROM queue WHERE object_type = ? ORDER BY directory_object LIMIT ?',
  );
  const unqueue = database.prepare('DELETE FROM queue WHERE object_type = ? AND directory_object = ?');
  const count = database.prepare('SELECT count(*) AS n FROM queue');
  const isQueued = database.prepare(
    "SELECT 1 FROM queue WHERE object_type IN ('user', 'group') AND directory_object = ?",
  );
  const fact = database.prepare('SELECT value FROM fact WHERE name = ?');
  const setFact = database.prepare('INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)');
  const forget = database.prepare('DELETE FROM fact WHERE name = ?');
  return {
    queue: ({ id, objectType }) => void queue.run(objectType, id),
    queued: (objectType, limit) =>
      queued.all(objectType, limit).map((row) => row['directory_object'] as number),
    unqueue: (objectType, id) => void unqueue.run(objectType, id),
    countQueued: () => Number(count.get()?.['n']),
    isQueued: (id) => isQueued.get(id) !== undefined,
    fact: (name) => rowOf(fact.get(name), (row) => row['value'] as string),
    setFact: (name, value) => void (value === undefined ? forget.run(name) : setFact.run(name, value)),
  } satisfies Partial<SyncStore>;
}
