/**
 * After the cloud's store was restored from a backup, agents still tell outcomes of requests that were made since,
 * and that no row is left of (docs/operations.md). Nobody waits for them here, but a password was written: that
 * belongs in the audit log.
 */
import type { Reply } from '@homeward/protocol/reply';
import type { Activity } from '../audit/audit-log.ts';
import type { Database } from '../store/database.ts';

export type RecoveredReply = {
  tenantId: string;
  /** who told it, authenticated */
  agentId: string;
  requestId: string;
  reply: Pick<Reply, 'outcome' | 'event'>;
  /** Unix ms */
  at: number;
};

/** What `detail` of such an audit entry holds, as JSON; `writtenAt` in Unix ms, where the directory told it. */
export type RecoveredDetail = { event: number; writtenAt?: number };

const ACTIVITY = 'outcomeRecovered' satisfies Activity;

/**
 * Writes down what a reply tells of a request that has no row, once, however often it comes. The entry has the
 * outcome as its result, and the agent as its actor.
 *
 * @returns `known` where there is a row, in whatever state and whoever's: that row decides, and nothing is written
 */
export function recordRecovered(
  database: Database,
  { tenantId, agentId, requestId, reply, at }: RecoveredReply,
): Promise<'known' | 'recovered'> {
  const { outcome, event } = reply;
  const writtenAt = outcome.evidence?.writtenAt;
  const detail: RecoveredDetail = { event, ...(writtenAt !== undefined && { writtenAt }) };
  return database.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('request')
      .select('id')
      .where('tenantId', '=', tenantId)
      .where('id', '=', requestId)
      .executeTakeFirst();
    if (row !== undefined) return 'known';
    await transaction
      .insertInto('audit')
      .values({
        // The request's own id: two links that bring the same reply at once cannot make two entries.
        id: requestId,
        ...{ tenantId, at, requestId, activity: ACTIVITY, result: outcome.kind, actorId: agentId },
        ...{ personId: null, flowId: null, clientAddress: null, detail: JSON.stringify(detail) },
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return 'recovered';
  });
}
