import { type Id, newId } from '@homeward/protocol/id';
import type { Database } from '../store/database.ts';
import type { DirectoryGroup, Group } from './group.ts';
import { idPages, type Page, type PageQuery } from './id-pages.ts';

export type GroupTable = Group;
export type GroupMemberTable = { groupId: string; memberId: string };

/** `forests`: whose objects the caller speaks for; nothing of another forest is read, changed or made a member. */
export type GroupsStore = {
  /** Makes the group, or updates the one with this externalId. */
  provision(
    tenantId: Id,
    group: DirectoryGroup,
    members: readonly Id[],
    options: { forests: readonly string[]; now: number },
  ): Promise<{ id: Id; result: 'created' | 'updated' | 'unchanged' }>;
  /** `anchorChanged` when the externalId differs, which would be another group. */
  replace(
    tenantId: Id,
    id: Id,
    group: DirectoryGroup,
    members: readonly Id[],
    options: { forests: readonly string[]; now: number },
  ): Promise<'updated' | 'unchanged' | 'notFound' | 'anchorChanged'>;
  remove(tenantId: Id, id: Id, forests: readonly string[]): Promise<boolean>;
  list(tenantId: Id, query: PageQuery): Promise<Page<Group>>;
  /** direct members, people and groups, by id */
  membersOf(id: Id): Promise<Id[]>;
};

export function groupsStore(database: Database): GroupsStore {
  const find = (tenantId: Id, forests: readonly string[]) =>
    database
      .selectFrom('directoryGroup')
      .selectAll()
      .where('tenantId', '=', tenantId)
      .where('forest', 'in', forests);

  const membersOf = async (groupId: Id): Promise<Id[]> => {
    const rows = await database
      .selectFrom('groupMember')
      .select('memberId')
      .where('groupId', '=', groupId)
      .orderBy('memberId')
      .execute();
    return rows.map(({ memberId }) => memberId);
  };

  /** Whom the cloud does not know (any more), or another forest brought, is no member here. */
  const admitted = async (
    tenantId: Id,
    members: readonly Id[],
    forests: readonly string[],
  ): Promise<Id[]> => {
    const known: Id[] = [];
    const ids = [...new Set(members)];
    for (let at = 0; at < ids.length; at += IDS_A_QUERY) {
      const some = ids.slice(at, at + IDS_A_QUERY);
      for (const table of ['person', 'directoryGroup'] as const) {
        const rows = await database
          .selectFrom(table)
          .select('id')
          .where('tenantId', '=', tenantId)
          .where('forest', 'in', forests)
          .where('id', 'in', some)
          .execute();
        known.push(...rows.map(({ id }) => id));
      }
    }
    return known;
  };

  const setMembers = async (groupId: Id, now: readonly Id[]): Promise<boolean> => {
    const before = new Set(await membersOf(groupId));
    const wanted = new Set(now);
    const gone = [...before].filter((id) => !wanted.has(id));
    const fresh = [...wanted].filter((id) => !before.has(id));
    for (let at = 0; at < gone.length; at += IDS_A_QUERY)
      await database
        .deleteFrom('groupMember')
        .where('groupId', '=', groupId)
        .where('memberId', 'in', gone.slice(at, at + IDS_A_QUERY))
        .execute();
    for (let at = 0; at < fresh.length; at += IDS_A_QUERY)
      await database
        .insertInto('groupMember')
        .values(fresh.slice(at, at + IDS_A_QUERY).map((memberId) => ({ groupId, memberId })))
        .execute();
    return gone.length + fresh.length > 0;
  };

  const write = async (
    known: GroupTable,
    group: DirectoryGroup,
    members: readonly Id[],
    { forests, now }: { forests: readonly string[]; now: number },
  ) => {
    const membersChanged = await setMembers(known.id, await admitted(known.tenantId, members, forests));
    const isSame = (Object.keys(group) as (keyof DirectoryGroup)[]).every(
      (field) => known[field] === group[field],
    );
    if (isSame && !membersChanged) return 'unchanged';
    await database
      .updateTable('directoryGroup')
      .set({ ...group, updatedAt: now })
      .where('id', '=', known.id)
      .execute();
    return 'updated';
  };

  return {
    async provision(tenantId, group, members, options) {
      const known = await find(tenantId, options.forests)
        .where('externalId', '=', group.externalId)
        .executeTakeFirst();
      if (known) return { id: known.id, result: await write(known, group, members, options) };
      const { forests, now } = options;
      const id = newId();
      await database
        .insertInto('directoryGroup')
        .values({ ...group, id, tenantId, createdAt: now, updatedAt: now })
        .execute();
      await setMembers(id, await admitted(tenantId, members, forests));
      return { id, result: 'created' };
    },
    async replace(tenantId, id, group, members, options) {
      const known = await find(tenantId, options.forests).where('id', '=', id).executeTakeFirst();
      if (!known) return 'notFound';
      if (known.externalId !== group.externalId) return 'anchorChanged';
      return write(known, group, members, options);
    },
    async remove(tenantId, id, forests) {
      const { numDeletedRows } = await database
        .deleteFrom('directoryGroup')
        .where('tenantId', '=', tenantId)
        .where('id', '=', id)
        .where('forest', 'in', forests)
        .executeTakeFirst();
      if (numDeletedRows === 0n) return false;
      await database.deleteFrom('groupMember').where('memberId', '=', id).execute();
      return true;
    },
    list: (tenantId, query) => idPages(database, 'directoryGroup', tenantId, query),
    membersOf,
  };
}

/** SQLite takes 32,766 variables a statement, PostgreSQL 65,535. */
const IDS_A_QUERY = 1000;
