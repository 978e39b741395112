import { fromBase64url, toBase64url } from '@homeward/protocol/bytes';
import type { Operation } from '@homeward/protocol/operation';
import type { Outcome } from '@homeward/protocol/outcome';
import type { Database } from '../store/database.ts';
import type { GrantedRequest } from './pack-request.ts';

export type Settlement = { outcome: Outcome; event: number; at: number };

export async function insertGranted(database: Database, request: GrantedRequest): Promise<void> {
  await database
    .insertInto('request')
    .values({
      id: request.id,
      tenantId: request.tenantId,
      flowId: request.flowId,
      personId: request.personId,
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
    .execute();
}

export async function findGranted(database: Database, id: string): Promise<GrantedRequest | undefined> {
  const row = await database
    .selectFrom('request')
    .selectAll()
    .where('id', '=', id)
    .where('state', '=', 'granted')
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
    .where('state', '=', 'granted')
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
