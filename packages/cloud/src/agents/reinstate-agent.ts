import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import { tellOfAgent } from './agent-news.ts';
import type { AgentRegistry } from './agent-registry.ts';
import type { AgentReports } from './agent-reports.ts';

export type ReinstateDeps = {
  database: Database;
  registry: AgentRegistry;
  reports: AgentReports;
  tenant: { id: string };
  clock: Clock;
};

/**
 * Lets an agent in again that was shut out because a copy of it ran. Only once the copy is gone: whichever of the
 * two connects first counts as the agent from then on.
 * @param by id of the administrator who decided it; none for a command on the cloud's own machine
 * @returns false where there is no such agent, or it was not shut out
 */
export async function reinstateAgent(deps: ReinstateDeps, agentId: string, by?: string): Promise<boolean> {
  const { database, registry, reports, tenant, clock } = deps;
  const reinstated = await database.transaction().execute(async (transaction) => {
    const now = clock();
    const { numUpdatedRows } = await transaction
      .updateTable('agent')
      .set({ status: 'active', statusSince: now })
      .where('id', '=', agentId)
      .where('tenantId', '=', tenant.id)
      .where('status', '=', 'cloned')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await tellOfAgent(transaction, { tenantId: tenant.id, agentId, now, news: 'reinstated', by });
    return true;
  });
  if (!reinstated) return false;
  await reports.forget(agentId);
  await registry.refresh();
  return true;
}
