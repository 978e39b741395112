import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { SqliteAdapter, SqliteDialect, SqliteDriver } from 'kysely';

/**
 * The one connection of the embedded store, for several ways to commit on it. Each holder has it alone; how a write
 * reaches the disk is waited for after it was handed on, so that the next holder need not wait as well.
 */
export class SqliteConnection {
  readonly adapted: ReturnType<typeof adapt>;
  #last: Promise<void> = Promise.resolve();
  #passOn = () => {};
  #hasWritten = false;

  constructor(database: DatabaseSync) {
    this.adapted = adapt(database, () => {
      this.#hasWritten = true;
    });
  }

  async acquire(): Promise<void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    this.#passOn = resolve;
  }

  /** @returns whether anything was written since it was acquired */
  release(): boolean {
    const hasWritten = this.#hasWritten;
    this.#hasWritten = false;
    this.#passOn();
    return hasWritten;
  }
}

export type Commit = {
  /** a write is done for its caller when this is */
  afterWrite: () => Promise<void>;
  destroy: () => Promise<void>;
};

/** @returns a dialect for Kysely that takes its turns on the connection */
export function sqliteDialect(connection: SqliteConnection, commit: Commit): SqliteDialect {
  return new (class extends SqliteDialect {
    override createDriver = () => new Driver(connection, commit);
    override createAdapter = () => new Adapter();
  })({ database: connection.adapted });
}

/** Kysely's own turns would last until the driver's release is over: until the disk is, that is. */
class Adapter extends SqliteAdapter {
  override get supportsMultipleConnections() {
    return true;
  }
}

class Driver extends SqliteDriver {
  readonly #connection: SqliteConnection;
  readonly #commit: Commit;

  constructor(connection: SqliteConnection, commit: Commit) {
    super({ database: connection.adapted });
    this.#connection = connection;
    this.#commit = commit;
  }

  override async acquireConnection() {
    await this.#connection.acquire();
    return super.acquireConnection();
  }

  override async releaseConnection() {
    if (this.#connection.release()) await this.#commit.afterWrite();
  }

  override destroy() {
    return this.#commit.destroy();
  }
}

const ONLY_READS = /^\s*(select|pragma|begin|commit|rollback|savepoint|release)\b/i;

/** More than the cloud has; a bound only for text that somebody one day makes with values in it. */
const KEPT_STATEMENTS = 500;

/**
 * What SqliteDialect expects of better-sqlite3, spoken by `node:sqlite`. Statements are compiled once: compiling
 * takes longer than most of them run. One connection uses them in turn, so keeping them is safe.
 */
function adapt(database: DatabaseSync, onWrite: () => void) {
  const kept = new Map<string, ReturnType<typeof compile>>();
  const compile = (sql: string) => {
    const statement = database.prepare(sql);
    const values = (parameters: readonly unknown[]) => {
      if (writes) onWrite();
      return parameters as readonly SQLInputValue[];
    };
    const writes = !ONLY_READS.test(sql);
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
