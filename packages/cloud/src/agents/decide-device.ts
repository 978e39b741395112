/** The administrators' side of device authorization: what a code stands for, and the word on it. */
import { fromBase64url } from '@homeward/protocol/bytes';
import { type EnrolledForest, identityFingerprint, USER_CODE_LETTERS } from '@homeward/protocol/enrolment';
import { auditLog } from '../audit/audit-log.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';
import { CODE_LIFETIME, type DeviceAuthorizationTable, requestOf } from './device-authorization.ts';
import { forestStanding } from './forest-standing.ts';

export type DecideDeps = {
  database: Database;
  secrets: Secrets;
  tenant: { id: string };
  clock: () => number;
};

/** A machine that asks to be an agent, as whoever approves sees it. */
export type AskingMachine = {
  id: string;
  name: string;
  clientAddress: string;
  forests: EnrolledForest[];
  fingerprint: string;
  /** it will have to be admitted beside agents that serve these forests already */
  isFurther: boolean;
  /** it will have to be admitted, because an administrator revoked the last agent there a short while ago */
  isReplacement: boolean;
  /** Unix ms */
  expiresAt: number;
};

/** wrong passwords, codes and fingerprints that void a request */
export const MAX_WRONG_ENTRIES = 5;

/** The code as it is stored, whatever blanks, dashes and small letters it was typed with; undefined for none. */
export function readUserCode(typed: string): string | undefined {
  const letters = typed
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[\s\p{Dash}]/gu, '');
  const isCode = letters.length === 8 && [...letters].every((letter) => USER_CODE_LETTERS.includes(letter));
  return isCode ? `${letters.slice(0, 4)}-${letters.slice(4)}` : undefined;
}

export async function findByUserCode(
  { database, secrets, tenant, clock }: DecideDeps,
  userCode: string,
): Promise<string | undefined> {
  const row = await database
    .selectFrom('deviceAuthorization')
    .select('id')
    .where('userCodeHmac', '=', secrets.hmac('user-code', userCode))
    .where('tenantId', '=', tenant.id)
    .where('state', '=', 'waiting')
    .where('expiresAt', '>', clock())
    .executeTakeFirst();
  return row?.id;
}

export async function findMachine(deps: DecideDeps, id: string): Promise<AskingMachine | undefined> {
  const { database, secrets, tenant, clock } = deps;
  const row = await database
    .selectFrom('deviceAuthorization')
    .selectAll()
    .where('id', '=', id)
    .where('tenantId', '=', tenant.id)
    .where('state', '=', 'waiting')
    .where('expiresAt', '>', clock())
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { name, forests, identityKey } = requestOf(secrets, row);
  const standing = await forestStanding(database, tenant.id, forests, clock());
  return {
    ...{ id, name, forests, clientAddress: row.clientAddress, expiresAt: row.expiresAt },
    fingerprint: await identityFingerprint(fromBase64url(identityKey)),
    isFurther: standing === 'served',
    isReplacement: standing === 'bereft',
  };
}

/** An approved machine has the whole lifetime of a code to fetch its answer. @returns false where it is over */
export async function decide(
  { database, tenant, clock }: DecideDeps,
  id: string,
  decision: 'approved' | 'denied',
  administratorId: string,
): Promise<boolean> {
  const now = clock();
  return database.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('deviceAuthorization')
      .set({
        state: decision satisfies DeviceAuthorizationTable['state'],
        decidedBy: administratorId,
        ...(decision === 'approved' ? { expiresAt: now + CODE_LIFETIME } : { requestSealed: '' }),
      })
      .where('id', '=', id)
      .where('tenantId', '=', tenant.id)
      .where('state', '=', 'waiting')
      .where('expiresAt', '>', now)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await auditLog(transaction).append({
      ...{ tenantId: tenant.id, at: now, activity: 'authorizeDevice', result: decision },
      actorId: administratorId,
    });
    return true;
  });
}

/** Counts a wrong entry about a request. @returns true where it was one too many: the request is void */
export async function countWrongEntry({ database }: DecideDeps, id: string): Promise<boolean> {
  const counted = await database
    .updateTable('deviceAuthorization')
    .set((row) => ({ wrongEntries: row('wrongEntries', '+', 1) }))
    .where('id', '=', id)
    .returning('wrongEntries')
    .executeTakeFirst();
  if (counted === undefined || counted.wrongEntries < MAX_WRONG_ENTRIES) return false;
  await database
    .updateTable('deviceAuthorization')
    .set({ state: 'denied', requestSealed: '' })
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .execute();
  return true;
}

/** Deletes what is over, an hour later: until then a machine that comes back is told so. */
export async function purgeDeviceAuthorizations({ database, clock }: DecideDeps): Promise<void> {
  await database
    .deleteFrom('deviceAuthorization')
    .where('expiresAt', '<', clock() - 3_600_000)
    .execute();
}
