import { closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { CamelCasePlugin, Kysely, type LogEvent } from 'kysely';
import { CloudError } from '../errors.ts';
import type { Database, OpenStore, Tables } from './database.ts';
import { type Commit, SqliteConnection, sqliteDialect } from './sqlite-dialect.ts';
import { WalFlusher } from './wal-flusher.ts';

export type SqliteOptions = {
  log?: (event: LogEvent) => void;
  flusher?: Pick<WalFlusher, 'flushed' | 'close'>;
};

const BUSY = 5;

/**
 * Opens the embedded store.
 *
 * EXCLUSIVE keeps a second cloud off the same file; secure_delete because rows hold sealed values that are meant to
 * be gone once deleted. NORMAL leaves it to us to flush the log after a commit: what a person was told must survive
 * a power cut, but SQLite would wait for the disk with the event loop in its hands.
 *
 * @throws {CloudError} ERR_STORE_IN_USE when another process has the file, ERR_STORE_UNUSABLE when it is no store
 */
export function openSqlite(file: string, options: SqliteOptions = {}): OpenStore {
  if (file !== ':memory:') makePrivate(file);
  const database = new DatabaseSync(file);
  try {
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA secure_delete = ON;
      PRAGMA foreign_keys = ON;
      BEGIN IMMEDIATE; COMMIT;
    `);
  } catch (cause) {
    database.close();
    if (((cause as { errcode?: number }).errcode ?? 0) % 256 === BUSY)
      throw new CloudError(
        'ERR_STORE_IN_USE',
        `The store ${file} is in use. Another cloud runs on it: stop that one first, or name another dataFolder.`,
        { cause },
      );
    throw new CloudError(
      'ERR_STORE_UNUSABLE',
      `The store ${file} cannot be opened: ${(cause as Error).message}. If it is damaged, stop here and restore a backup: homeward-cloud restore`,
      { cause },
    );
  }
  const flusher = options.flusher ?? (file === ':memory:' ? undefined : new WalFlusher(`${file}-wal`));
  const connection = new SqliteConnection(database);
  const committing = (commit: Commit): Database =>
    new Kysely<Tables>({
      dialect: sqliteDialect(connection, commit),
      plugins: [new CamelCasePlugin()],
      ...(options.log ? { log: options.log } : {}),
    });
  const flushed = async () => flusher?.flushed();
  const destroy = async () => {
    await flusher?.close();
    connection.adapted.close();
  };
  return {
    database: committing({ afterWrite: flushed, destroy }),
    asynchronousCommit: committing({ afterWrite: async () => {}, destroy: async () => {} }),
    flushed,
  };
}

/** SQLite gives what it keeps beside a file the mode of the file. Addresses of everybody are in it. */
function makePrivate(file: string): void {
  // Never opened where it is there: to close it again would take SQLite's locks from this process.
  if (!existsSync(file)) closeSync(openSync(file, 'wx', 0o600));
}
