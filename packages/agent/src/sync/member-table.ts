/** Who is a direct member of which group, in sync.db. */
import type { DatabaseSync } from 'node:sqlite';
import type { SyncStore } from '@homeward/sync';
import type { ForestNumber } from './directory-table.ts';

export function memberTable(database: DatabaseSync, forestNumber: ForestNumber) {
  const members = database.prepare(
    'SELECT object_guid FROM member WHERE group_object = ? ORDER BY object_guid',
  );
  const add = database.prepare(
    `INSERT OR IGNORE INTO member (group_object, forest, object_guid)
     SELECT id, forest, ? FROM directory_object WHERE id = ?`,
  );
  const remove = database.prepare('DELETE FROM member WHERE group_object = ? AND object_guid = ?');
  const groups = database.prepare(
    'SELECT group_object FROM member WHERE forest = ? AND object_guid = ? ORDER BY group_object',
  );
  const anchors = database.prepare(
    `SELECT DISTINCT c.cloud_anchor
       FROM member m
       JOIN directory_object o ON o.forest = m.forest AND o.object_guid = m.object_guid
       JOIN cloud_object c ON c.metaverse_object = o.metaverse_object
      WHERE m.group_object = ? AND c.cloud_anchor IS NOT NULL AND c.desired IS NOT NULL
      ORDER BY c.cloud_anchor`,
  );
  const membersOf = (group: number) => members.all(group).map((row) => row['object_guid'] as string);
  return {
    members: membersOf,
    // Only what differs is written: one change in a large group is one row.
    setMembers(group, objectGuids) {
      const before = new Set(membersOf(group));
      const now = new Set(objectGuids);
      for (const guid of before) if (!now.has(guid)) remove.run(group, guid);
      for (const guid of now) if (!before.has(guid)) add.run(guid, group);
    },
    groupsWith: (forest, guid) =>
      groups.all(forestNumber(forest), guid).map((row) => row['group_object'] as number),
    cloudAnchorsOfMembers: (group) => anchors.all(group).map((row) => row['cloud_anchor'] as string),
  } satisfies Partial<SyncStore>;
}
