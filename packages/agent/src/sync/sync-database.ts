import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makePrivate } from '../keys/durable-files.ts';
import { SyncRunError } from './sync-error.ts';
import { MIGRATIONS } from './sync-schema.ts';

const FILE = 'sync.db';

/**
 * Opens sync.db of a state folder for writing, made where it is missing and brought to this version's schema. WAL
 * without an exclusive lock: the main thread locates people while a worker synchronises.
 *
 * @throws {SyncRunError} ERR_SYNC_STORE_UNUSABLE, ERR_SYNC_STORE_NEWER
 */
export function openSyncDatabase(stateFolder: string): DatabaseSync {
  const path = join(stateFolder, FILE);
  const database = usable(path, () => {
    // Names and addresses of everybody: not for other accounts of this machine.
    makePrivate(path);
    const opened = new DatabaseSync(path, { timeout: 5000 });
    opened.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -262144;
      PRAGMA wal_autocheckpoint = 16384;
    `);
    return opened;
  });
  try {
    migrate(database, path);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

export function hasSyncDatabase(stateFolder: string): boolean {
  return existsSync(join(stateFolder, FILE));
}

/** A second connection that only reads; each statement sees what was committed before it. */
export function openSyncDatabaseToRead(stateFolder: string): DatabaseSync {
  const path = join(stateFolder, FILE);
  return usable(path, () => new DatabaseSync(path, { readOnly: true, timeout: 5000 }));
}

function migrate(database: DatabaseSync, path: string): void {
  const version = () => Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version() > MIGRATIONS.length)
    throw new SyncRunError(
      'ERR_SYNC_STORE_NEWER',
      `${path} was written by a later version of this agent. Install that version again, or move the file away: the next full cycle makes it anew from the directory.`,
    );
  if (version() === MIGRATIONS.length) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const sql of MIGRATIONS.slice(version())) database.exec(sql);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function usable(path: string, open: () => DatabaseSync): DatabaseSync {
  try {
    return open();
  } catch (cause) {
    throw new SyncRunError(
      'ERR_SYNC_STORE_UNUSABLE',
      `${path} cannot be used (${(cause as Error).message}). Check the folder's owner and free space; if the file is damaged, move it away: the next full cycle makes it anew from the directory.`,
      { cause },
    );
  }
}
