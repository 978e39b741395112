/** The connector spaces of forests in sync.db. */
import type { DatabaseSync } from 'node:sqlite';
import { type DirectoryObject, isCalled, SyncError, type SyncStore } from '@homeward/sync';
import { DIRECTORY_ROWS, directoryObjectOf, jsonOf, rowOf } from './sync-rows.ts';

export function directoryTable(database: DatabaseSync, forestNumber: ForestNumber) {
  const byId = database.prepare(`${DIRECTORY_ROWS} WHERE o.id = ?`);
  const byGuid = database.prepare(`${DIRECTORY_ROWS} WHERE o.forest = ? AND o.object_guid = ?`);
  const byMatchKey = database.prepare(
    `${DIRECTORY_ROWS} WHERE o.match_key = ? AND o.match_key <> '*' ORDER BY o.id`,
  );
  const another = database.prepare(
    `${DIRECTORY_ROWS} WHERE o.match_key = ? AND o.match_key <> '*' AND o.id <> ? LIMIT 1`,
  );
  const after = database.prepare(`${DIRECTORY_ROWS} WHERE o.id > ? ORDER BY o.id LIMIT ?`);
  const calling = database.prepare(
    `${DIRECTORY_ROWS} WHERE o.object_guid = :lower OR o.dn LIKE :text ESCAPE '!' OR o.attributes LIKE :value ESCAPE '!'
     ORDER BY o.id`,
  );
  const leaving = database.prepare(
    `${DIRECTORY_ROWS} WHERE o.match_key IS NULL AND (o.metaverse_object IS NOT NULL OR o.obsolete = 1)
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
  const removeMembers = database.prepare('DELETE FROM member WHERE group_object = ?');
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
    directoryObject: (id) => rowOf(byId.get(id), directoryObjectOf),
    directoryObjectByGuid: (forest, objectGuid) =>
      rowOf(byGuid.get(forestNumber(forest), objectGuid), directoryObjectOf),
    directoryObjectsByMatchKey: (matchKey) => byMatchKey.all(matchKey).map(directoryObjectOf),
    anotherWithMatchKey: (matchKey, id) => rowOf(another.get(matchKey, id), directoryObjectOf),
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
    removeDirectoryObject(id) {
      remove.run(id);
      removeMembers.run(id);
    },
  } satisfies Partial<SyncStore>;
}

/** What was seen is kept as one bit an object: a sweep writes nothing and a million objects cost 125 KB. */
export function sweeps(database: DatabaseSync, forestNumber: ForestNumber) {
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

export function containerTable(database: DatabaseSync, forestNumber: ForestNumber) {
  const dns = database.prepare('SELECT id, dn FROM directory_object WHERE forest = ? AND obsolete = 0');
  const one = database.prepare('SELECT dn FROM container WHERE forest = ? AND object_guid = ?');
  const all = database.prepare('SELECT object_guid, dn FROM container WHERE forest = ?');
  const set = database.prepare('INSERT OR REPLACE INTO container (forest, object_guid, dn) VALUES (?, ?, ?)');
  const forget = database.prepare('DELETE FROM container WHERE forest = ? AND object_guid = ?');
  return {
    directoryDns: (forest) => dns.iterate(forestNumber(forest)) as Iterable<{ id: number; dn: string }>,
    containerDn: (forest, guid) => rowOf(one.get(forestNumber(forest), guid), (row) => row['dn'] as string),
    containerDns: (forest) =>
      all
        .all(forestNumber(forest))
        .map((row) => ({ objectGuid: row['object_guid'] as string, dn: row['dn'] as string })),
    setContainerDn(forest, guid, dn) {
      if (dn === undefined) forget.run(forestNumber(forest), guid);
      else set.run(forestNumber(forest), guid, dn);
    },
  } satisfies Partial<SyncStore>;
}

export type ForestNumber = (sid: string) => number;

/** Numbers are given outside of any transaction's fate: a rolled-back one is asked for again. */
export function forestNumbers(database: DatabaseSync): ForestNumber {
  const find = database.prepare('SELECT id FROM forest WHERE sid = ?');
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
