/** What a backup brings back that must not hold any more, and what of it is still open. */
import { EVENTS } from '@homeward/protocol/event';
import { settleGranted } from '../agents/request-store.ts';
import type { Database } from './database.ts';
import { beginEpoch } from './epoch.ts';

/** How many of each were valid when the backup was made. Tickets have no rows, and are void too. */
export type Voided = {
  flows: number;
  codes: number;
  enrolmentTokens: number;
  deviceCodes: number;
  sessions: number;
};

export type Reopened = {
  voided: Voided;
  /** requests without an end: their agents are asked */
  openRequests: number;
  /** requests whose agents may have forgotten the end: settled as unknown */
  unknownRequests: number;
};

const HOUR = 60 * 60_000;

/**
 * An agent keeps the end of a request for a day after its expiry, and answers "never started" for one that it does
 * not know: after that time asking would make a failure of a password that was set. An hour is left for the start.
 */
const REMEMBERED_FOR = 23 * HOUR;

/**
 * @param asOf Unix ms, when the backup was made
 * @param now Unix ms
 */
export async function voidRevived(transaction: Database, asOf: number, now: number): Promise<Reopened> {
  await beginEpoch(transaction);
  const unsettled = await transaction
    .selectFrom('request')
    .select(['id', 'expiresAt'])
    .where('state', 'in', ['granted', 'overdue'])
    .execute();
  const forgotten = unsettled.filter(({ expiresAt }) => expiresAt + REMEMBERED_FOR < now);
  for (const { id } of forgotten) {
    const settlement = { outcome: { kind: 'unknown' }, event: EVENTS.unknownError, at: now } as const;
    await settleGranted(transaction, id, settlement);
  }
  const voided = await countVoid(transaction, asOf);
  // Nothing can be done with these rows; but codes would be mailed, and the others would be listed.
  await transaction.deleteFrom('emailCode').execute();
  await transaction.deleteFrom('administratorSession').execute();
  await transaction.deleteFrom('enrolmentToken').where('usedByKey', 'is', null).execute();
  await transaction.deleteFrom('deviceAuthorization').where('state', 'in', ['waiting', 'approved']).execute();
  return {
    voided,
    openRequests: unsettled.length - forgotten.length,
    unknownRequests: forgotten.length,
  };
}

async function countVoid(database: Database, asOf: number): Promise<Voided> {
  const count = database.fn.countAll<number>().as('count');
  const of = async (query: { executeTakeFirstOrThrow(): Promise<{ count: number }> }) =>
    Number((await query.executeTakeFirstOrThrow()).count);
  return {
    flows: await of(
      database
        .selectFrom('resetFlow')
        .select(count)
        .where('state', 'in', ['proving', 'choosing'])
        .where('expiresAt', '>', asOf),
    ),
    codes: await of(database.selectFrom('emailCode').select(count).where('expiresAt', '>', asOf)),
    enrolmentTokens: await of(
      database
        .selectFrom('enrolmentToken')
        .select(count)
        .where('usedByKey', 'is', null)
        .where('expiresAt', '>', asOf),
    ),
    deviceCodes: await of(
      database
        .selectFrom('deviceAuthorization')
        .select(count)
        .where('state', 'in', ['waiting', 'approved'])
        .where('expiresAt', '>', asOf),
    ),
    sessions: await of(database.selectFrom('administratorSession').select(count)),
  };
}
