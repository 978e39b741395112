import { fromBase64url, toBase64url } from '@homeward/protocol/bytes';
import type { Operation } from '@homeward/protocol/operation';
import type { Outcome } from '@homeward/protocol/outcome';
import { compiledOnce } from '../store/compiled-once.ts';
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
  return database.transaction().execute(async (transaction): Promise<Grant> => {
    if ((await insertGranted(transaction, request)) || (await insertPastOverdue(transaction, request, now))) {
      if ((await granting?.(transaction)) ?? true) return { kind: 'granted' };
      await transaction.deleteFrom('request').where('id', '=', request.id).execute();
      return { kind: 'refused' };
    }
    const { tenantId, personId } = request;
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

/** @returns false where another row stands in its way */
async function insertGranted(
  transaction: Database,
  { sealedDigest, ...request }: GrantedRequest,
): Promise<boolean> {
  const digest = sealedDigest ? toBase64url(sealedDigest) : '';
  return (await insertRequest(transaction, { ...request, digest })).numAffectedRows === 1n;
}

const insertRequest = compiledOnce(
  (database, request: Omit<GrantedRequest, 'sealedDigest'> & { digest: string }) =>
    database
      .insertInto('request')
      .values({
        id: request.id,
        tenantId: request.tenantId,
        flowId: request.flowId,
        personId: request.personId,
        operation: request.operation,
        agentId: request.agentId,
        state: 'granted',
        sealedDigest: request.digest,
        issuedAt: request.issued,
        expiresAt: request.expires,
        outcome: null,
        event: null,
        settledAt: null,
      })
      .onConflict((conflict) => conflict.doNothing()),
);

/** Lays the person's request aside that is long over, where there is one. */
async function insertPastOverdue(
  transaction: Database,
  request: GrantedRequest,
  now: number,
): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('request')
    .set({ state: 'overdue' })
    .where('tenantId', '=', request.tenantId)
    .where('personId', '=', request.personId)
    .where('state', '=', 'granted')
    .where('expiresAt', '<', now - OVERDUE_AFTER)
    .executeTakeFirst();
  return numUpdatedRows > 0n && insertGranted(transaction, request);
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
  const { outcome, event, at } = settlement;
  const settled = await settleRow(transaction, { id, outcome: JSON.stringify(outcome), event, at });
  return settled.numAffectedRows === 1n;
}

const settleRow = compiledOnce(
  (database, values: { id: string; outcome: string; event: number; at: number }) =>
    database
      .updateTable('request')
      .set({ state: 'settled', outcome: values.outcome, event: values.event, settledAt: values.at })
      .where('id', '=', values.id)
      .where('state', 'in', ['granted', 'overdue']),
);

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
