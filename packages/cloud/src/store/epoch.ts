/**
 * A backup brings back what was used up, ended or revoked since. So each restore begins an epoch: a random value in
 * the store that is part of every key for what the cloud gives out (deriveSecrets). What was given out before is void
 * then, also what the store has no row for.
 */
import { randomBytes } from 'node:crypto';
import type { Database } from './database.ts';

/** @returns undefined for a store that was never restored */
export async function readEpoch(database: Database): Promise<string | undefined> {
  const row = await database.selectFrom('tenant').select('epoch').executeTakeFirst();
  return row?.epoch ?? undefined;
}

/** Holds from the next start of the cloud on. */
export async function beginEpoch(database: Database): Promise<void> {
  await database
    .updateTable('tenant')
    .set({ epoch: randomBytes(16).toString('base64url') })
    .execute();
}
