/** The metaverse and the cloud's connector space in sync.db. */
import type { DatabaseSync } from 'node:sqlite';
import type { SyncStore } from '@homeward/sync';
import { cloudObjectOf, cloudValues, metaverseObjectOf, metaverseValues, rowOf } from './sync-rows.ts';

export function metaverseTable(database: DatabaseSync) {
  const byAnchor = database.prepare('SELECT * FROM metaverse_object WHERE source_anchor = ? ORDER BY id');
  const after = database.prepare('SELECT * FROM metaverse_object WHERE id > ? ORDER BY id LIMIT ?');
  const refused = database.prepare(
    "SELECT * FROM metaverse_object WHERE refusals <> '[]' ORDER BY id LIMIT ?",
  );
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
    refusedMetaverseObjects: (limit) => refused.all(limit).map(metaverseObjectOf),
    addMetaverseObject: (object) => ({
      ...object,
      id: Number(insert.run(...metaverseValues(object)).lastInsertRowid),
    }),
    saveMetaverseObject: (object) => void update.run(...metaverseValues(object), object.id),
    removeMetaverseObject: (id) => void remove.run(id),
  } satisfies Partial<SyncStore>;
}

export function cloudTable(database: DatabaseSync) {
  const byId = database.prepare('SELECT * FROM cloud_object WHERE id = ?');
  const byAnchor = database.prepare('SELECT * FROM cloud_object WHERE source_anchor = ?');
  const byLink = database.prepare('SELECT * FROM cloud_object WHERE metaverse_object = ?');
  const pending = database.prepare(
    'SELECT * FROM cloud_object WHERE pending = ? AND object_type = ? AND id > ? ORDER BY id LIMIT ?',
  );
  const after = database.prepare('SELECT * FROM cloud_object WHERE id > ? ORDER BY id LIMIT ?');
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
    cloudObject: (id) => rowOf(byId.get(id), cloudObjectOf),
    cloudObjectBySourceAnchor: (anchor) => rowOf(byAnchor.get(anchor), cloudObjectOf),
    cloudObjectOf: (metaverseObject) => rowOf(byLink.get(metaverseObject), cloudObjectOf),
    addCloudObject: (object) => ({
      ...object,
      id: Number(insert.run(...cloudValues(object)).lastInsertRowid),
    }),
    saveCloudObject: (object) => void update.run(...cloudValues(object), object.id),
    removeCloudObject: (id) => void remove.run(id),
    cloudObjectsAfter: (id, limit) => after.all(id, limit).map(cloudObjectOf),
    countCloudObjects: (upTo = -1) => Number(count.get(upTo)?.['n']),
    pendingExports: (kind, objectType, after, limit) =>
      pending.all(kind, objectType, after, limit).map(cloudObjectOf),
    countPendingExports: (kind) => Number(countPending.get(kind)?.['n']),
  } satisfies Partial<SyncStore>;
}
