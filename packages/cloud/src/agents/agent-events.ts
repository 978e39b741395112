/** What agents tell of their own event logs: ids and codes, no words, and no person but by cloudAnchor. */
import { isId } from '@homeward/protocol/id';
import { z } from 'zod';
import type { Database } from '../store/database.ts';

export type AgentEventTable = {
  agentId: string;
  /** made by the agent: tells a repeat from another event */
  id: string;
  tenantId: string;
  /** Unix ms, on the agent's clock */
  time: number;
  /** an event id of the protocol, or of a later version of it */
  event: number;
  level: 'info' | 'warn' | 'error';
  requestId: string | null;
  /** cloudAnchor */
  person: string | null;
  operation: string | null;
  outcome: string | null;
  rule: string | null;
  forest: string | null;
  controller: string | null;
  code: string | null;
  versionBefore: number | null;
  versionAfter: number | null;
  receivedAt: number;
};

export const MAX_EVENTS_AT_ONCE = 200;
/** The newest stay: what one busy agent tells in some weeks. */
export const MAX_EVENTS_OF_AGENT = 20_000;

const id = z.string().refine(isId, 'must be a UUID');
const word = z.string().max(300).optional();
const count = z.number().int().min(0).optional();

/** What a later version adds is left out, and refuses nothing. */
export const agentEventsShape = z.object({
  events: z
    .array(
      z.object({
        id,
        time: z.number().int().min(0).max(8_640_000_000_000_000),
        event: z.number().int().min(1).max(99_999),
        level: z.enum(['info', 'warn', 'error']),
        requestId: id.optional(),
        person: id.optional(),
        operation: word,
        outcome: word,
        rule: word,
        forest: word,
        controller: word,
        code: word,
        versionBefore: count,
        versionAfter: count,
      }),
    )
    .min(1)
    .max(MAX_EVENTS_AT_ONCE),
});

export type ToldEvents = z.infer<typeof agentEventsShape>['events'];

/** Keeps what is new of them, and of each agent the newest only. */
export async function keepAgentEvents(
  database: Database,
  from: { agentId: string; tenantId: string; now: number; keep?: number },
  events: ToldEvents,
): Promise<void> {
  const { agentId, tenantId, now, keep = MAX_EVENTS_OF_AGENT } = from;
  const rows = events.map(
    (told): AgentEventTable => ({
      ...{ agentId, tenantId, receivedAt: now },
      ...{ id: told.id, time: told.time, event: told.event, level: told.level },
      requestId: told.requestId ?? null,
      person: told.person ?? null,
      operation: told.operation ?? null,
      outcome: told.outcome ?? null,
      rule: told.rule ?? null,
      forest: told.forest ?? null,
      controller: told.controller ?? null,
      code: told.code ?? null,
      versionBefore: told.versionBefore ?? null,
      versionAfter: told.versionAfter ?? null,
    }),
  );
  await database.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('agentEvent')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['agentId', 'id']).doNothing())
      .execute();
    const surplus = await transaction
      .selectFrom('agentEvent')
      .select('time')
      .where('agentId', '=', agentId)
      .orderBy('time', 'desc')
      .offset(keep)
      .limit(1)
      .executeTakeFirst();
    if (surplus !== undefined)
      await transaction
        .deleteFrom('agentEvent')
        .where('agentId', '=', agentId)
        .where('time', '<=', surplus.time)
        .execute();
  });
}

/** The newest of a tenant first, or of one of its agents. */
export function listAgentEvents(
  database: Database,
  of: { tenantId: string; agentId?: string; limit: number },
): Promise<AgentEventTable[]> {
  const { tenantId, agentId, limit } = of;
  return database
    .selectFrom('agentEvent')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .$if(agentId !== undefined, (query) => query.where('agentId', '=', agentId ?? ''))
    .orderBy('time', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
}
