/** Puts a backup in the place of the store of a cloud that is stopped. */
import { mkdir, open, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { auditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import { CloudError } from '../errors.ts';
import { checkReadable, openCandidate } from './restore-candidate.ts';
import { type Reopened, voidRevived } from './restore-epoch.ts';
import { holdPlace } from './restore-place.ts';

export type RestoreDeps = {
  from: string;
  dataFolder: string;
  masterKeyFile: string;
  tenantName: string;
  clock: Clock;
};

export type Restored = Reopened & {
  from: string;
  store: string;
  /** where the former store is kept; null where there was none */
  formerStore: string | null;
  /** Unix ms: the newest entry of the restored audit log; null where it is empty */
  asOf: number | null;
  /** that the backup did not have yet */
  migrations: string[];
};

/**
 * All checks and changes are made on a copy; the store is replaced by one rename at the end, and until then nothing
 * is different from before.
 *
 * @throws {CloudError} ERR_STORE_IN_USE, ERR_RESTORE_FAILED, or as openCandidate does
 */
export async function restoreStore(deps: RestoreDeps): Promise<Restored> {
  try {
    return await restore(deps);
  } catch (cause) {
    const { code, message } =
      cause instanceof CloudError
        ? cause
        : {
            code: 'ERR_RESTORE_FAILED' as const,
            message: `The restore broke off: ${(cause as Error).message}.`,
          };
    throw new CloudError(code, `${message} Nothing was replaced.`, { cause });
  }
}

async function restore({ from, dataFolder, clock, ...deps }: RestoreDeps): Promise<Restored> {
  await checkReadable(from);
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const store = join(dataFolder, 'cloud.db');
  if (await isSameFile(from, store)) {
    throw new CloudError('ERR_BACKUP_UNREADABLE', `${from} is the store itself. Name a backup of it.`);
  }
  await using place = await holdPlace(store);
  const candidate = `${store}.restoring`;
  await using cleared = new AsyncDisposableStack();
  cleared.defer(() => rm(candidate, { force: true }));
  const { database, tenant, migrations } = await openCandidate({ ...deps, from, candidate, clock });
  const now = clock();
  let changed: Pick<Restored, 'asOf' | keyof Reopened>;
  try {
    changed = await database.transaction().execute(async (transaction) => {
      const newest = await transaction
        .selectFrom('audit')
        .select('at')
        .orderBy('at', 'desc')
        .executeTakeFirst();
      const asOf = newest?.at ?? null;
      const reopened = await voidRevived(transaction, asOf ?? 0, now);
      const entry = { tenantId: tenant.id, at: now, activity: 'restoreStore', result: 'success' } as const;
      await auditLog(transaction).append(entry);
      return { asOf, ...reopened };
    });
  } finally {
    // Writes its log back: from here on it is one file.
    await database.destroy();
  }
  await toDisk(candidate);
  const aside = `${store}.before-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`;
  const wasThere = await place.replaceBy(candidate, aside);
  return { from, store, formerStore: wasThere ? aside : null, migrations, ...changed };
}

async function toDisk(file: string): Promise<void> {
  await using opened = await open(file, 'r+');
  await opened.sync();
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((file) => realpath(file).catch(() => undefined)));
  return a !== undefined && a === b;
}
