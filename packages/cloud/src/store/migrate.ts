import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { CloudError } from '../errors.ts';
import type { Database } from './database.ts';
import { MIGRATIONS } from './migrations/index.ts';

/** Forward only, plain SQL that both engines read. Once released its statements never change. */
export type Migration = {
  /** number and subject, `0001-people-and-reset`; the order is the order of this text */
  id: string;
  statements: readonly string[];
};

export type MigrationTable = { id: string; checksum: string; appliedAt: number };

/**
 * Applies what is missing, each migration in a transaction of its own, and records it with a checksum.
 *
 * @returns the ids applied now
 * @throws {CloudError} ERR_STORE_MIGRATION_CHANGED if an applied migration reads differently now,
 *   ERR_STORE_NEWER if the store has migrations that this version does not know
 */
export async function migrate(
  database: Database,
  clock: Clock,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<string[]> {
  await sql`create table if not exists migration
    (id text primary key, checksum text not null, applied_at bigint not null)`.execute(database);
  const applied = new Map(
    (await database.selectFrom('migration').selectAll().execute()).map((row) => [row.id, row.checksum]),
  );
  refuseForeign(applied, migrations);

  const now: string[] = [];
  for (const migration of migrations.toSorted((a, b) => a.id.localeCompare(b.id))) {
    if (applied.has(migration.id)) continue;
    await database.transaction().execute(async (transaction) => {
      for (const statement of migration.statements) await sql.raw(statement).execute(transaction);
      await transaction
        .insertInto('migration')
        .values({ id: migration.id, checksum: checksumOf(migration), appliedAt: clock() })
        .execute();
    });
    now.push(migration.id);
  }
  return now;
}

function refuseForeign(applied: ReadonlyMap<string, string>, migrations: readonly Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.id, checksumOf(migration)]));
  for (const [id, checksum] of applied) {
    const expected = known.get(id);
    if (expected === undefined) {
      throw new CloudError(
        'ERR_STORE_NEWER',
        `The store was written by a newer version (migration ${id}). Start that version, or restore a backup.`,
      );
    }
    if (expected !== checksum) {
      throw new CloudError(
        'ERR_STORE_MIGRATION_CHANGED',
        `Migration ${id} differs from the one that was applied.`,
      );
    }
  }
}

function checksumOf(migration: Migration): string {
  return createHash('sha256').update(migration.statements.join(';\n')).digest('hex');
}
