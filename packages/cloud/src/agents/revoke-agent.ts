/** The end of an agent: revoked by an administrator at once, or disabled by itself when what it was given is done. */
import type { Database } from '../store/database.ts';
import { type AssertionDeps, claimedAgentId, verifyAssertion } from './agent-assertion.ts';
import { tellOfAgent } from './agent-news.ts';
import { type AgentRegistry, importIdentity } from './agent-registry.ts';
import { SERVES } from './forest-standing.ts';
import { forgetOtherGenerations } from './rollover-store.ts';

export type RevokeDeps = {
  database: Database;
  registry: AgentRegistry;
  tenant: { id: string };
  clock: AssertionDeps['clock'];
  /** ends every link of an agent */
  disconnect: (agentId: string) => void;
  log: { info: (fields: object, message: string) => void };
};

/**
 * Nothing is sent to it or taken from it any more, and the cloud's half of its keys is forgotten. What it was given
 * and has not answered stays open.
 * @param by id of the administrator who decided it in the portal, or the agent's own; none for a command on the
 *   cloud's own machine
 * @returns false where there is no such agent, or it was revoked before
 */
export async function revokeAgent(deps: RevokeDeps, agentId: string, by?: string): Promise<boolean> {
  const { database, registry, tenant, clock, disconnect, log } = deps;
  const revoked = await database.transaction().execute(async (transaction) => {
    const now = clock();
    const former = await transaction
      .selectFrom('agent')
      .select('status')
      .where('id', '=', agentId)
      .where('tenantId', '=', tenant.id)
      .executeTakeFirst();
    if (former === undefined || former.status === 'revoked') return false;
    // Whoever rules the cloud's machine or the agent's own needs no administrator to put another one in its place.
    const revokedBy = SERVES.includes(former.status) && by !== agentId ? (by ?? null) : null;
    await transaction
      .updateTable('agent')
      .set({ status: 'revoked', statusSince: now, packageKeySealed: '', revokedBy })
      .where('id', '=', agentId)
      .execute();
    await forgetOtherGenerations(transaction, agentId);
    await tellOfAgent(transaction, { tenantId: tenant.id, agentId, now, news: 'revoked', by });
    return true;
  });
  if (!revoked) return false;
  await registry.refresh();
  disconnect(agentId);
  log.info({ agentId, by }, 'an agent was revoked');
  return true;
}

export type DisableDeps = RevokeDeps &
  AssertionDeps & {
    issuer: string;
    /** agents that are offered nothing more, until this Unix ms: one that does not ask again has stayed */
    leaving: Map<string, number>;
  };

const STAYS_AFTER = 30_000;

export type Disabled =
  | { kind: 'revoked' }
  /** it is offered nothing more; what it was given may still be under way, until this Unix ms */
  | { kind: 'finishing'; until: number }
  | { kind: 'refused'; description: string };

/** `POST /agents/disable`, signed by the agent; to be asked again until it is revoked. */
export async function disableAgent(deps: DisableDeps, assertion: string): Promise<Disabled> {
  const { database, registry, clock, leaving } = deps;
  const agentId = claimedAgentId(assertion);
  const row = await database
    .selectFrom('agent')
    .select(['status', 'identityKey'])
    .where('id', '=', agentId)
    .executeTakeFirst();
  if (row === undefined) return { kind: 'refused', description: 'no such agent is enrolled here' };
  const keys = registry.get(agentId)?.generations ?? [{ identity: await importIdentity(row.identityKey) }];
  const audience = `${deps.issuer}/agents/disable`;
  const asserted = await verifyAssertion(deps, assertion, { subject: agentId, keys, audience });
  if (asserted.kind === 'refused') return asserted;
  leaving.set(agentId, clock() + STAYS_AFTER);
  const until = await lastExpiry(database, agentId);
  if (until !== undefined && until > clock()) return { kind: 'finishing', until };
  await revokeAgent(deps, agentId, agentId);
  leaving.delete(agentId);
  return { kind: 'revoked' };
}

/** of what the agent was given and has not answered */
async function lastExpiry(database: Database, agentId: string): Promise<number | undefined> {
  const row = await database
    .selectFrom('request')
    .select((expression) => expression.fn.max('expiresAt').as('last'))
    .where('agentId', '=', agentId)
    .where('state', '=', 'granted')
    .executeTakeFirst();
  return row === undefined || row.last === null ? undefined : Number(row.last);
}
