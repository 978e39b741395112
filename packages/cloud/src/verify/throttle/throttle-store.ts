import { sql } from 'kysely';
import { compiledOnce } from '../../store/compiled-once.ts';
import type { Database } from '../../store/database.ts';
import type { LimitName, Limits } from './limits.ts';

export type ThrottleTable = {
  limitName: string;
  countedKey: string;
  windowStart: number;
  taken: number;
  blockedUntil: number;
};

/** Keys are HMACs: the table tells nobody who was typed. */
export type ThrottleStore = {
  /** Counts one. Undefined: allowed; else the Unix ms until which it is refused. What is refused is not counted. */
  take(limit: LimitName, key: string, now: number): Promise<number | undefined>;
  /** The same answer without counting. */
  blockedUntil(limit: LimitName, key: string, now: number): Promise<number | undefined>;
  /** Forgets all limits of these keys. */
  clear(keys: readonly string[]): Promise<void>;
  /** Deletes what no limit needs any more. */
  purge(now: number): Promise<void>;
};

export function throttleStore(database: Database, limits: Limits): ThrottleStore {
  return {
    async take(limitName, key, now) {
      const { max, within, block } = limits[limitName];
      // One statement, so that two at once are both counted, on either engine.
      const { rows } = await sql<{ blockedUntil: number }>`
        insert into throttle (limit_name, counted_key, window_start, taken, blocked_until)
        values (${limitName}, ${key}, ${now}, 1, 0)
        on conflict (limit_name, counted_key) do update set
          blocked_until = case
            when throttle.blocked_until > ${now} then throttle.blocked_until
            when throttle.window_start + ${within} > ${now} and throttle.taken >= ${max} then ${now + block}
            else 0 end,
          taken = case
            when throttle.blocked_until > ${now} then throttle.taken
            when throttle.window_start + ${within} > ${now} then throttle.taken + 1
            else 1 end,
          window_start = case
            when throttle.blocked_until > ${now} or throttle.window_start + ${within} > ${now}
            then throttle.window_start
            else ${now} end
        returning blocked_until`.execute(database);
      return rows[0]?.blockedUntil || undefined;
    },
    async blockedUntil(limitName, key, now) {
      const row = await database
        .selectFrom('throttle')
        .select('blockedUntil')
        .where('limitName', '=', limitName)
        .where('countedKey', '=', key)
        .where('blockedUntil', '>', now)
        .executeTakeFirst();
      return row?.blockedUntil;
    },
    async clear(keys) {
      for (const key of keys) await clear(database, { key });
    },
    async purge(now) {
      const longest = Math.max(...Object.values(limits).map((limit) => limit.within));
      await database
        .deleteFrom('throttle')
        .where('windowStart', '<=', now - longest)
        .where('blockedUntil', '<=', now)
        .execute();
    },
  };
}

const clear = compiledOnce((database, { key }: { key: string }) =>
  database.deleteFrom('throttle').where('countedKey', '=', key),
);
