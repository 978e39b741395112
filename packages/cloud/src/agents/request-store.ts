import { fromBase64url, toBase64url } from '@homeward/protocol/bytes';
import type { Operation } from '@homeward/protocol/operation';
import type { Outcome } from '@homeward/protocol/outcome';
import type { Database } from '../store/database.ts';
import type { GrantedRequest } from './pack-request.ts';

export type Settlement = { outcome: Outcome; event: number; at: number };

/** So long after its end an unsettled request keeps its person from another one. */
export const OVERDUE_AFTER = 60_000;

export type Grant = { kind: 'granted' } | { kind: 'refused' } | { kind: 'earlier'; until: number };

export type GrantOptions = {
  now: number;
  /** what goes with the grant; false refuses it */
  granting?: (transaction: Database) => Promise<boolean>;
};

/**
 * The grant: committed before a byte of the request leaves. One unsettled request for a person, or the older of two
 * passwords could be written last; one that is long over stands in nobody's way, and is still to be resolved.
 */
export function grantRequest(
  database: Database,
  request: GrantedRequest,
  { now, granting }: GrantOptions,
): Promise<Grant> {
  const { tenantId, personId } = request;
  return database.transaction().execute(async (transaction): Promise<Grant> => {
    await transaction
      .updateTable('request')
      .set({ state: 'overdue' })
      .where('tenantId', '=', tenantId)
      .where('personId', '=', personId)
      .where('state', '=', 'granted')
      .where('expiresAt', '<', now - OVERDUE_AFTER)
      .execute();
    const { numInsertedOrUpdatedRows } = await transaction
      .insertInto('request')
      .values({
        id: request.id,
        tenantId,
        flowId: request.flowId,
        personId,
        operation: request.operation,
        agentId: request.agentId,
        state: 'granted',
        sealedDigest: request.sealedDigest ? toBase64url(request.sealedDigest) : '',
        issuedAt: request.issued,
        expiresAt: request.expires,
        outcome: null,
        event: null,
        settledAt: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 1n) {
      if ((await granting?.(transaction)) ?? true) return { kind: 'granted' };
      await transaction.deleteFrom('request').where('id', '=', request.id).execute();
      return { kind: 'refused' };
    }
    const earlier = await transaction
      .selectFrom('request')
      .select('expiresAt')
      .where('tenantId', '=', tenantId)
      .where('personId', '=', personId)
      .where('state', '=', 'granted')
      .executeTakeFirst();
    // Without one it was the request's own id that is taken: the same order a second time.
    if (earlier === undefined) return { kind: 'refused' };
    return { kind: 'earlier', until: earlier.expiresAt + OVERDUE_AFTER };
  });
}

/** The requests of an agent whose end is open, oldest first. */
export async function unsettledOf(
  database: Database,
  agentId: string,
): Promise<{ id: string; expires: number }[]> {
  const rows = await database
    .selectFrom('request')
    .select(['id', 'expiresAt'])
    .where('agentId', '=', agentId)
    .where('state', 'in', ['granted', 'overdue'])
    .orderBy('issuedAt')
    .limit(1_000)
    .execute();
  return rows.map(({ id, expiresAt }) => ({ id, expires: expiresAt }));
}

export async function findGranted(database: Database, id: string): Promise<GrantedRequest | undefined> {
  const row = await database
    .selectFrom('request')
    .selectAll()
    .where('id', '=', id)
    .where('state', 'in', ['granted', 'overdue'])
    .executeTakeFirst();
  return (
    row && {
      id: row.id,
      tenantId: row.tenantId,
      flowId: row.flowId,
      personId: row.personId,
      operation: row.operation as Operation,
      agentId: row.agentId,
      sealedDigest: row.sealedDigest === '' ? undefined : fromBase64url(row.sealedDigest),
      issued: row.issuedAt,
      expires: row.expiresAt,
    }
  );
}

/** @returns false where it was settled already: the first answer stands */
export async function settleGranted(
  transaction: Database,
  id: string,
  settlement: Settlement,
): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('request')
    .set({
      state: 'settled',
      outcome: JSON.stringify(settlement.outcome),
      event: settlement.event,
      settledAt: settlement.at,
    })
    .where('id', '=', id)
    .where('state', 'in', ['granted', 'overdue'])
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function findOutcome(
  database: Database,
  id: string,
): Promise<Outcome | { kind: 'pending' } | undefined> {
  const row = await database
    .selectFrom('request')
    .select(['state', 'outcome'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return row.outcome === null ? { kind: 'pending' } : (JSON.parse(row.outcome) as Outcome);
}

/** The newest request of a flow: after a restart its id is not known elsewhere. */
export async function findOutcomeOfFlow(
  database: Database,
  flowId: string,
): Promise<{ requestId: string; outcome: Outcome | { kind: 'pending' } } | undefined> {
  const row = await database
    .selectFrom('request')
    .select(['id', 'outcome'])
    .where('flowId', '=', flowId)
    .orderBy('issuedAt', 'desc')
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    requestId: row.id,
    outcome: row.outcome === null ? { kind: 'pending' } : (JSON.parse(row.outcome) as Outcome),
  };
}
