/** The audit log as administrators and the help desk read it. */
import { isId } from '@homeward/protocol/id';
import type { SelectQueryBuilder } from 'kysely';
import { foldName } from '../people/names.ts';
import type { Database, Tables } from '../store/database.ts';
import type { Activity, AuditResult, AuditTable } from './audit-log.ts';
import { namedEntries } from './named-entries.ts';

/** Names are null where nobody is known by that id any more. */
export type ReadEntry = Omit<AuditTable, 'tenantId' | 'activity' | 'result'> & {
  activity: Activity;
  result: AuditResult;
  personName: string | null;
  actorName: string | null;
  actorKind: 'person' | 'administrator' | 'agent' | null;
  agentName: string | null;
  groupName: string | null;
};

export type AuditQuery = {
  /** ids of resets */
  flows?: readonly string[] | undefined;
  /** ids of people and administrators: what they did, and all steps of the resets that turned out to be theirs */
  people?: readonly string[] | undefined;
  activities?: readonly Activity[] | undefined;
  /** Unix ms */
  since?: number | undefined;
  /** what AuditPage gave as `further` */
  after?: string | undefined;
  order: 'newestFirst' | 'oldestFirst';
  limit: number;
};

/** `further` asks for what comes after these; absent at the end. */
export type AuditPage = { entries: ReadEntry[]; further?: string };

export type AuditReader = {
  page(tenantId: string, query: AuditQuery): Promise<AuditPage>;
  /** ids of the resets whose id begins so, up to `limit` */
  flowsBeginning(tenantId: string, beginning: string, limit: number): Promise<string[]>;
  /** ids of people by what they type, and of administrators, also disabled ones; an id stands for itself */
  peopleNamed(tenantId: string, nameOrId: string): Promise<string[]>;
};

const PLACE = /^(\d{1,16})_([0-9a-f-]{36})$/;

export function isPlace(text: string): boolean {
  return PLACE.test(text);
}

type Entries = SelectQueryBuilder<Tables, 'audit', { id: string; at: number }>;

export function auditReader(database: Database): AuditReader {
  const flowsOf = (tenantId: string, people: readonly string[]) =>
    database
      .selectFrom('audit as own')
      .select('own.flowId')
      .where('own.tenantId', '=', tenantId)
      .where('own.personId', 'in', [...people])
      .where('own.flowId', 'is not', null);

  /** Each is answered by an index of its own; one query with `or` would walk through the whole log. */
  const narrowings = (tenantId: string, query: AuditQuery): ((from: Entries) => Entries)[] => {
    const { flows, people, activities } = query;
    const chosen = (from: Entries) => (activities ? from.where('activity', 'in', [...activities]) : from);
    if (flows)
      return [
        (from) => {
          const those = chosen(from.where('flowId', 'in', [...flows]));
          return people ? those.where('flowId', 'in', flowsOf(tenantId, people)) : those;
        },
      ];
    if (people)
      return [
        (from) => chosen(from.where('personId', 'in', [...people])),
        (from) => chosen(from.where('actorId', 'in', [...people]).where('personId', 'is', null)),
        (from) => chosen(from.where('flowId', 'in', flowsOf(tenantId, people)).where('personId', 'is', null)),
      ];
    if (activities) return activities.map((activity) => (from) => from.where('activity', '=', activity));
    return [(from) => from];
  };

  return {
    async page(tenantId, query) {
      const { since, after, order, limit } = query;
      const [, time = '', id = ''] = PLACE.exec(after ?? '') ?? [];
      const [direction, beyond] =
        order === 'newestFirst' ? (['desc', '<'] as const) : (['asc', '>'] as const);
      const all = database
        .selectFrom('audit')
        .select(['id', 'at'])
        .where('tenantId', '=', tenantId)
        .$if(since !== undefined, (from) => from.where('at', '>=', since ?? 0))
        .$if(time !== '', (from) =>
          from
            .where('at', order === 'newestFirst' ? '<=' : '>=', Number(time))
            .where(({ and, eb, or }) =>
              or([eb('at', beyond, Number(time)), and([eb('at', '=', Number(time)), eb('id', beyond, id)])]),
            ),
        )
        .orderBy('at', direction)
        .orderBy('id', direction)
        .limit(limit + 1);
      const found = new Map<string, number>();
      for (const narrow of narrowings(tenantId, query))
        for (const row of await narrow(all).execute()) found.set(row.id, row.at);
      const inOrder = [...found].toSorted(([oneId, one], [otherId, other]) => {
        const later = one - other || (oneId < otherId ? -1 : 1);
        return order === 'newestFirst' ? -later : later;
      });
      const shown = inOrder.slice(0, limit);
      const last = shown.at(-1);
      return {
        entries: await namedEntries(
          database,
          shown.map(([entry]) => entry),
        ),
        ...(inOrder.length > limit && last && { further: `${last[1]}_${last[0]}` }),
      };
    },
    async flowsBeginning(tenantId, beginning, limit) {
      const rows = await database
        .selectFrom('audit')
        .select('flowId')
        .where('tenantId', '=', tenantId)
        .where('flowId', '>=', beginning)
        // The first letter that no id has.
        .where('flowId', '<', `${beginning}g`)
        .groupBy('flowId')
        .orderBy('flowId')
        .limit(limit)
        .execute();
      return rows.flatMap(({ flowId }) => flowId ?? []);
    },
    async peopleNamed(tenantId, nameOrId) {
      const name = foldName(nameOrId);
      if (isId(name)) return [name];
      const [people, administrators] = [
        await database
          .selectFrom('personName')
          .select('personId as id')
          .where('tenantId', '=', tenantId)
          .where('name', '=', name)
          .execute(),
        await database
          .selectFrom('administrator')
          .select('id')
          .where('tenantId', '=', tenantId)
          .where('userName', '=', name)
          .execute(),
      ];
      return [...people, ...administrators].map(({ id }) => id);
    },
  };
}
