import type { Database } from '../store/database.ts';
import type { Activity, AuditResult } from './audit-log.ts';
import type { ReadEntry } from './audit-reader.ts';

/** The entries with these ids, in this order, with what their ids stand for. */
export async function namedEntries(database: Database, ids: readonly string[]): Promise<ReadEntry[]> {
  if (ids.length === 0) return [];
  const rows = await database
    .selectFrom('audit as entry')
    .leftJoin('person', 'person.id', 'entry.personId')
    .leftJoin('person as acting', 'acting.id', 'entry.actorId')
    .leftJoin('administrator', 'administrator.id', 'entry.actorId')
    .leftJoin('agent as actingAgent', 'actingAgent.id', 'entry.actorId')
    .leftJoin('agent as told', 'told.id', 'entry.detail')
    .leftJoin('directoryGroup', 'directoryGroup.id', 'entry.detail')
    .selectAll('entry')
    .select([
      'person.userName as personName',
      'acting.userName as actingName',
      'administrator.userName as administratorName',
      'actingAgent.name as actingAgentName',
      'told.name as agentName',
      'directoryGroup.displayName as groupName',
    ])
    .where('entry.id', 'in', [...ids])
    .execute();
  const byId = new Map(
    rows.map(
      ({ tenantId: _, actingName, administratorName, actingAgentName, ...row }): [string, ReadEntry] => {
        const actors = {
          person: actingName,
          administrator: administratorName,
          agent: actingAgentName,
        } as const;
        const [kind = null, name = null] =
          Object.entries(actors).find((pair) => pair[1] !== null) ?? ([] as (string | null)[]);
        return [
          row.id,
          {
            ...row,
            activity: row.activity as Activity,
            result: row.result as AuditResult,
            actorKind: kind as ReadEntry['actorKind'],
            actorName: name,
          },
        ];
      },
    ),
  );
  return ids.flatMap((id) => byId.get(id) ?? []);
}
