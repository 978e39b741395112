import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** `held`: an agent runs on this state folder, and its journal is its own. Times in Unix ms. */
export type JournalFacts =
  | { state: 'none' }
  | { state: 'held' }
  | { state: 'free'; unsettled: number; lastActive: number | undefined };

const BUSY = 5;

/**
 * Looks at the journal without taking its lock, which is what makes an agent the only one: a read that is refused
 * as busy is the proof that one runs. The read itself lasts for less than a millisecond.
 */
export function readJournalFacts(stateFolder: string): JournalFacts {
  const path = join(stateFolder, 'journal.db');
  if (!existsSync(path)) return { state: 'none' };
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const row = database
      .prepare(
        `SELECT (SELECT count(*) FROM entry WHERE state = 'intent') AS unsettled,
                (SELECT high_water FROM clock) AS last`,
      )
      .get();
    const last = Number(row?.['last'] ?? 0);
    return {
      state: 'free',
      unsettled: Number(row?.['unsettled']),
      lastActive: last > 0 ? last : undefined,
    };
  } catch (error) {
    if ((error as { errcode?: number }).errcode === BUSY) return { state: 'held' };
    throw error;
  } finally {
    database?.close();
  }
}
