/**
 * How many writes a forest takes, and the breaker: one more than the limits opens it, and then nothing is written
 * until somebody closes it on this machine. Whoever controls the cloud can order resets, but not many.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makePrivate } from '../keys/durable-files.ts';
import type { AgentRules } from './agent-rules.ts';
import type { RuleRefusal } from './judge-account.ts';

export type WriteLimits = Pick<AgentRules, 'writesPerMinute' | 'writesPerHour'>;

export type OpenBreaker = {
  /** SID of the forest's root domain */
  forest: string;
  /** Unix ms */
  openedAt: number;
  limit: keyof WriteLimits;
  /** that many writes were allowed */
  allowed: number;
};

export type WriteBreaker = {
  /**
   * To be called right before a write leaves; a refusal means that it must not. On disk when it returns a refusal
   * that opens the breaker.
   * @param now Unix ms
   */
  countWrite: (forest: string, now: number) => RuleRefusal | undefined;
  /** The same without counting: a write that would be one too many opens the breaker here as well. */
  wouldRefuse: (forest: string, now: number) => RuleRefusal | undefined;
  openOnes: () => OpenBreaker[];
  /** From the next write on. What was counted counts against these, and an open breaker stays open. */
  setLimits: (limits: WriteLimits) => void;
  /** Closes those of the forest, or all, and starts counting anew. @returns those that were open */
  closeBreakers: (forest?: string) => OpenBreaker[];
  close: () => void;
};

export const BREAKER_FILE = 'breaker.db';

const WINDOWS = { writesPerMinute: 60_000, writesPerHour: 3_600_000 } as const;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS write (forest TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS write_by_time ON write (forest, at);
  CREATE TABLE IF NOT EXISTS breaker (
    forest TEXT PRIMARY KEY, opened_at INTEGER NOT NULL, name TEXT NOT NULL, allowed INTEGER NOT NULL
  ) STRICT;
`;

/** @param onOpen told once, when a breaker opens */
export function openBreaker(
  stateFolder: string,
  first: WriteLimits,
  onOpen: (breaker: OpenBreaker) => void = () => {},
): WriteBreaker {
  let limits = first;
  const file = join(stateFolder, BREAKER_FILE);
  makePrivate(file);
  const database = new DatabaseSync(file, { timeout: 5_000 });
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${SCHEMA}`);
  // Counts outlive the agent, not a power cut: nobody causes one to reset a window. The breaker outlives both.
  database.exec('PRAGMA synchronous = NORMAL');
  const find = database.prepare('SELECT opened_at FROM breaker WHERE forest = ?');
  const list = database.prepare(
    'SELECT forest, opened_at AS openedAt, name AS "limit", allowed FROM breaker ORDER BY opened_at',
  );
  // A clock that was ahead must not leave writes in the future, which would count for ever.
  const pull = database.prepare('UPDATE write SET at = ?2 WHERE forest = ?1 AND at > ?2');
  const prune = database.prepare('DELETE FROM write WHERE forest = ? AND at <= ?');
  const count = database.prepare('SELECT count(*) AS writes FROM write WHERE forest = ? AND at > ?');
  const insert = database.prepare('INSERT INTO write VALUES (?, ?)');
  const open = database.prepare('INSERT OR IGNORE INTO breaker VALUES (?, ?, ?, ?)');

  const together = <T>(work: () => T): T => {
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  };

  const lasting = <T>(work: () => T): T => {
    database.exec('PRAGMA synchronous = FULL');
    try {
      return together(work);
    } finally {
      database.exec('PRAGMA synchronous = NORMAL');
    }
  };

  const admit = (forest: string, now: number, counted: boolean): RuleRefusal | undefined => {
    const exceeded = together((): keyof WriteLimits | 'open' | undefined => {
      if (find.get(forest) !== undefined) return 'open';
      pull.run(forest, now);
      prune.run(forest, now - WINDOWS.writesPerHour);
      const limit = (['writesPerMinute', 'writesPerHour'] as const).find(
        (name) => Number(count.get(forest, now - WINDOWS[name])?.['writes']) >= limits[name],
      );
      if (limit === undefined && counted) insert.run(forest, now);
      return limit;
    });
    if (exceeded === undefined) return undefined;
    if (exceeded === 'open') return { rule: 'breaker', detail: 'the breaker is open' };
    const allowed = limits[exceeded];
    lasting(() => open.run(forest, now, exceeded, allowed));
    onOpen({ forest, openedAt: now, limit: exceeded, allowed });
    return { rule: 'rate', detail: `${exceeded}: ${allowed} writes were made; the breaker has opened` };
  };

  return {
    countWrite: (forest, now) => admit(forest, now, true),
    wouldRefuse: (forest, now) => admit(forest, now, false),
    openOnes: () => list.all().map((row) => ({ ...row }) as OpenBreaker),
    setLimits(next) {
      limits = next;
    },
    closeBreakers(forest) {
      const closed = list.all().map((row) => ({ ...row }) as OpenBreaker);
      const these = closed.filter((one) => forest === undefined || one.forest === forest);
      lasting(() => {
        for (const one of these) {
          database.prepare('DELETE FROM breaker WHERE forest = ?').run(one.forest);
          database.prepare('DELETE FROM write WHERE forest = ?').run(one.forest);
        }
      });
      return these;
    },
    close: () => database.close(),
  };
}
