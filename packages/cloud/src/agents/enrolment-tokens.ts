import { randomBytes, toBase64url } from '@homeward/protocol/bytes';
import type { EnrolmentRefusalCode } from '@homeward/protocol/enrolment';
import { Secret } from '@homeward/protocol/secret';
import type { Clock } from '../clock.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';

/** An enrolment token lives for an hour and admits one agent. */
export const TOKEN_LIFETIME = 60 * 60_000;

export type TokenDeps = {
  database: Database;
  secrets: Secrets;
  clock: Clock;
};

export type EnrolmentToken = { token: Secret<string>; expiresAt: number };

/** The token is shown once; the store keeps what recognises it and nothing that could be used. */
export async function createEnrolmentToken(
  { database, secrets, clock }: TokenDeps,
  tenantId: string,
): Promise<EnrolmentToken> {
  const token = toBase64url(randomBytes(32));
  const now = clock();
  await database
    .insertInto('enrolmentToken')
    .values({
      tokenHmac: secrets.hmac('enrolment-token', token),
      tenantId: tenantId,
      createdAt: now,
      expiresAt: now + TOKEN_LIFETIME,
      usedByKey: null,
      usedByAgent: null,
    })
    .execute();
  return { token: new Secret(token), expiresAt: now + TOKEN_LIFETIME };
}

export type Redeemed =
  | { kind: 'fresh'; tenantId: string }
  /** the same key shows it again: its first answer was lost */
  | { kind: 'repeated'; tenantId: string; agentId: string }
  | { kind: 'refused'; error: EnrolmentRefusalCode };

/** Uses up a token for a key. Of two at once, one is fresh and the other refused. */
export async function redeemToken(
  transaction: Database,
  {
    tokenHmac,
    identityKey,
    agentId,
    now,
  }: { tokenHmac: string; identityKey: string; agentId: string; now: number },
): Promise<Redeemed> {
  const row = await transaction
    .selectFrom('enrolmentToken')
    .selectAll()
    .where('tokenHmac', '=', tokenHmac)
    .executeTakeFirst();
  if (row === undefined) return { kind: 'refused', error: 'token_unknown' };
  if (row.usedByKey === identityKey && row.usedByAgent !== null) {
    return { kind: 'repeated', tenantId: row.tenantId, agentId: row.usedByAgent };
  }
  if (row.usedByKey !== null) return { kind: 'refused', error: 'token_used' };
  if (row.expiresAt <= now) return { kind: 'refused', error: 'token_expired' };
  const { numUpdatedRows } = await transaction
    .updateTable('enrolmentToken')
    .set({ usedByKey: identityKey, usedByAgent: agentId })
    .where('tokenHmac', '=', tokenHmac)
    .where('usedByKey', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n
    ? { kind: 'fresh', tenantId: row.tenantId }
    : { kind: 'refused', error: 'token_used' };
}
