/** What agents told, as administrators read it. */
import type { Database } from '../store/database.ts';
import type { AgentEventTable } from './agent-events.ts';

/** `agentName` is null where the agent is not known any more. */
export type ReadEvent = Omit<AgentEventTable, 'tenantId'> & { agentName: string | null };

export type EventQuery = {
  /** ids of agents; all of the tenant where absent */
  agents?: readonly string[] | undefined;
  /** ids of events; all where absent */
  events?: readonly number[] | undefined;
  /** Unix ms, on the agents' clocks */
  since?: number | undefined;
  /** what EventPage gave as `older` */
  before?: string | undefined;
  limit: number;
};

/** Newest first. `older` asks for what comes after these; absent at the end. */
export type EventPage = { events: ReadEvent[]; older?: string };

export type AgentEventReader = {
  page(tenantId: string, query: EventQuery): Promise<EventPage>;
  /** ids of the agents that have this id or name: a name may have been given again after a revocation */
  agentsNamed(tenantId: string, nameOrId: string): Promise<string[]>;
};

const PLACE = /^(\d{1,16})_([0-9a-f-]{36})_([0-9a-f-]{36})$/i;

export function isPlace(text: string): boolean {
  return PLACE.test(text);
}

export function agentEventReader(database: Database): AgentEventReader {
  return {
    async page(tenantId, { agents, events, since, before, limit }) {
      const [, time = '', id = '', agentId = ''] = PLACE.exec(before ?? '') ?? [];
      const at = Number(time);
      const found = await database
        .selectFrom('agentEvent as told')
        .leftJoin('agent', (join) =>
          join.onRef('agent.id', '=', 'told.agentId').onRef('agent.tenantId', '=', 'told.tenantId'),
        )
        .selectAll('told')
        .select('agent.name as agentName')
        .where('told.tenantId', '=', tenantId)
        .$if(agents !== undefined, (query) => query.where('told.agentId', 'in', [...(agents ?? [])]))
        .$if(events !== undefined, (query) => query.where('told.event', 'in', [...(events ?? [])]))
        .$if(since !== undefined, (query) => query.where('told.time', '>=', since ?? 0))
        .$if(time !== '', (query) =>
          query.where(({ and, eb, or }) =>
            or([
              eb('told.time', '<', at),
              and([eb('told.time', '=', at), eb('told.id', '>', id)]),
              and([eb('told.time', '=', at), eb('told.id', '=', id), eb('told.agentId', '>', agentId)]),
            ]),
          ),
        )
        .orderBy('told.time', 'desc')
        .orderBy('told.id')
        .orderBy('told.agentId')
        .limit(limit + 1)
        .execute();
      const shown = found.slice(0, limit).map(({ tenantId: _, ...event }) => event);
      const last = shown.at(-1);
      return {
        events: shown,
        ...(found.length > limit && last && { older: `${last.time}_${last.id}_${last.agentId}` }),
      };
    },
    async agentsNamed(tenantId, nameOrId) {
      const rows = await database
        .selectFrom('agent')
        .select('id')
        .where('tenantId', '=', tenantId)
        .where(({ eb, or }) => or([eb('id', '=', nameOrId), eb('name', '=', nameOrId)]))
        .execute();
      return rows.map(({ id }) => id);
    },
  };
}
