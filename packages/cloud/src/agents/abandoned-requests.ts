import type { Database } from '../store/database.ts';

/** Revoked agents that had something and will never answer: the cloud died before it wrote that down. */
export async function revokedWithOpenRequests(database: Database): Promise<string[]> {
  const rows = await database
    .selectFrom('request')
    .innerJoin('agent', 'agent.id', 'request.agentId')
    .select('agent.id')
    .distinct()
    .where('agent.status', '=', 'revoked')
    .where('request.state', 'in', ['granted', 'overdue'])
    .execute();
  return rows.map(({ id }) => id);
}
