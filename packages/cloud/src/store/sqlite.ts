import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { CamelCasePlugin, Kysely, type LogEvent, SqliteDialect } from 'kysely';
import { CloudError } from '../errors.ts';
import type { Database, Tables } from './database.ts';

/**
 * Opens the embedded store.
 *
 * EXCLUSIVE keeps a second cloud off the same file; FULL because an answer that a person has seen must survive a
 * power cut; secure_delete because rows hold sealed values that are meant to be gone once deleted.
 *
 * @throws {CloudError} ERR_STORE_IN_USE when another process has the file
 */
export function openSqlite(file: string, options: { log?: (event: LogEvent) => void } = {}): Database {
  const database = new DatabaseSync(file);
  try {
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA secure_delete = ON;
      PRAGMA foreign_keys = ON;
      BEGIN IMMEDIATE; COMMIT;
    `);
  } catch (cause) {
    database.close();
    throw new CloudError(
      'ERR_STORE_IN_USE',
      `The store ${file} cannot be opened. Is another cloud running on the same data folder?`,
      { cause },
    );
  }
  return new Kysely<Tables>({
    dialect: new SqliteDialect({ database: adapt(database) }),
    plugins: [new CamelCasePlugin()],
    ...(options.log ? { log: options.log } : {}),
  });
}

/** More than the cloud has; a bound only for text that somebody one day makes with values in it. */
const KEPT_STATEMENTS = 500;

/**
 * What SqliteDialect expects of better-sqlite3, spoken by `node:sqlite`. Statements are compiled once: compiling
 * takes longer than most of them run. One connection uses them in turn, so keeping them is safe.
 */
function adapt(database: DatabaseSync) {
  const kept = new Map<string, ReturnType<typeof compile>>();
  const compile = (sql: string) => {
    const statement = database.prepare(sql);
    const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
    return {
      reader: statement.columns().length > 0,
      all: (parameters: readonly unknown[]) => statement.all(...values(parameters)),
      run: (parameters: readonly unknown[]) => statement.run(...values(parameters)),
      iterate: (parameters: readonly unknown[]) => statement.iterate(...values(parameters)),
    };
  };
  return {
    close() {
      kept.clear();
      database.close();
    },
    prepare(sql: string) {
      const known = kept.get(sql);
      if (known) return known;
      if (kept.size >= KEPT_STATEMENTS) kept.clear();
      const compiled = compile(sql);
      kept.set(sql, compiled);
      return compiled;
    },
  };
}
