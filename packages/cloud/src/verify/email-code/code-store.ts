import { sql } from 'kysely';
import type { Database } from '../../store/database.ts';

/**
 * One row per flow that has to prove an e-mail address: `wanted` by a person, taken by the worker (`sending`),
 * `sent`. The worker fills it alike for known and unknown user IDs: an unknown one gets an HMAC that no code has,
 * and an account key that nobody shares.
 */
export type EmailCode = {
  flowId: string;
  state: 'wanted' | 'sending' | 'sent';
  /** counts the codes of this flow, from 1; only the newest works */
  round: number;
  codeHmac: string | null;
  /** under which the account's own limits are counted */
  accountKey: string | null;
  personId: string | null;
  triesLeft: number;
  wantedAt: number;
  expiresAt: number;
};
export type EmailCodeTable = EmailCode;

export type EmailCodeStore = {
  /** Asks for a code; a former code of this flow is void at once. */
  want(flowId: string, round: number, times: { wantedAt: number; expiresAt: number }): Promise<void>;
  /** Takes up to `limit` wanted rows for sending; each goes to one taker. */
  claim(now: number, limit: number): Promise<EmailCode[]>;
  /** Gives rows back that were taken before `takenBefore` and never sent (a crash in between). */
  reclaim(takenBefore: number): Promise<void>;
  issue(
    code: Pick<EmailCode, 'flowId' | 'round' | 'codeHmac' | 'accountKey' | 'personId' | 'expiresAt'>,
  ): Promise<void>;
  markSent(flowId: string, round: number): Promise<void>;
  byFlow(flowId: string): Promise<EmailCode | undefined>;
  /** Uses up one try. Undefined when none is left or the code has expired: two at once cannot exceed the tries. */
  takeTry(flowId: string, now: number): Promise<EmailCode | undefined>;
  remove(flowId: string): Promise<void>;
};

export const CODE_TRIES = 5;

export function emailCodeStore(database: Database): EmailCodeStore {
  const ofRound = (flowId: string, round: number) =>
    database.updateTable('emailCode').where('flowId', '=', flowId).where('round', '=', round);

  return {
    async want(flowId, round, times) {
      const fresh = {
        state: 'wanted',
        round,
        codeHmac: null,
        accountKey: null,
        personId: null,
        triesLeft: CODE_TRIES,
        ...times,
      } as const;
      await database
        .insertInto('emailCode')
        .values({ flowId, ...fresh })
        .onConflict((conflict) => conflict.column('flowId').doUpdateSet(fresh))
        .execute();
    },
    async claim(now, limit) {
      const wanted = database
        .selectFrom('emailCode')
        .select('flowId')
        .where('state', '=', 'wanted')
        .orderBy('wantedAt')
        .limit(limit);
      return database
        .updateTable('emailCode')
        .set({ state: 'sending', wantedAt: now })
        .where('flowId', 'in', wanted)
        .where('state', '=', 'wanted')
        .returningAll()
        .execute();
    },
    async reclaim(takenBefore) {
      await database
        .updateTable('emailCode')
        .set({ state: 'wanted' })
        .where('state', '=', 'sending')
        .where('wantedAt', '<', takenBefore)
        .execute();
    },
    async issue({ flowId, round, ...issued }) {
      await ofRound(flowId, round).set(issued).execute();
    },
    async markSent(flowId, round) {
      await ofRound(flowId, round).set({ state: 'sent' }).execute();
    },
    byFlow(flowId) {
      return database.selectFrom('emailCode').selectAll().where('flowId', '=', flowId).executeTakeFirst();
    },
    takeTry(flowId, now) {
      return database
        .updateTable('emailCode')
        .set({ triesLeft: sql<number>`tries_left - 1` })
        .where('flowId', '=', flowId)
        .where('triesLeft', '>', 0)
        .where('expiresAt', '>', now)
        .returningAll()
        .executeTakeFirst();
    },
    async remove(flowId) {
      await database.deleteFrom('emailCode').where('flowId', '=', flowId).execute();
    },
  };
}
