import type { Database } from '../store/database.ts';
import type { AgentRegistry } from './agent-registry.ts';
import type { AgentReports } from './agent-reports.ts';

/**
 * Lets an agent in again that was shut out because a copy of it ran. Only once the copy is gone: whichever of the
 * two connects first counts as the agent from then on.
 * @returns false where there is no such agent, or it was not shut out
 */
export async function reinstateAgent(
  { database, registry, reports }: { database: Database; registry: AgentRegistry; reports: AgentReports },
  agentId: string,
): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('agent')
    .set({ status: 'active' })
    .where('id', '=', agentId)
    .where('status', '=', 'cloned')
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await reports.forget(agentId);
  await registry.refresh();
  return true;
}
