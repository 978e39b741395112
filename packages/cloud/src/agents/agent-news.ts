import { auditLog } from '../audit/audit-log.ts';
import { outboxStore } from '../mail/outbox-store.ts';
import type { Database } from '../store/database.ts';

export type AgentNews = {
  tenantId: string;
  agentId: string;
  now: number;
  /** pending: it waits to be admitted; active: it serves from now on; reinstated: again, after a copy of it ran */
  news: 'pending' | 'active' | 'revoked' | 'reinstated';
  /** an administrator, another agent, or itself; absent for a token and for a command on the cloud's machine */
  by?: string | undefined;
};

const TOLD = {
  pending: { activity: 'registerAgent', result: 'pendingAdmission', mail: 'agentWaits' },
  active: { activity: 'admitAgent', result: 'success', mail: 'agentAdmitted' },
  revoked: { activity: 'revokeAgent', result: 'success', mail: 'agentRevoked' },
  reinstated: { activity: 'agentReinstated', result: 'success', mail: 'agentReinstated' },
} as const;

/** Written with the change itself: to the audit log, and to every administrator who has a mail address. */
export async function tellOfAgent(
  transaction: Database,
  { tenantId, agentId, now, news, by }: AgentNews,
): Promise<void> {
  const { activity, result, mail } = TOLD[news];
  await auditLog(transaction).append({ tenantId, at: now, activity, result, actorId: by ?? null, agentId });
  const administrators = await transaction
    .selectFrom('administrator')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('disabledAt', 'is', null)
    .where('mail', 'is not', null)
    .execute();
  const outbox = outboxStore(transaction);
  for (const { id } of administrators)
    await outbox.add({
      tenantId,
      personId: id,
      kind: mail,
      flowId: agentId,
      byId: by ?? null,
      happenedAt: now,
    });
}
