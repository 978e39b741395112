/** A copy of the live store in one file, for `homeward-cloud restore`. The master key is not in it. */
import { open, rm } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { Hono } from 'hono';
import { sql } from 'kysely';
import { z } from 'zod';
import { auditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import { CloudError } from '../errors.ts';
import type { Database } from './database.ts';

export type BackupDeps = {
  database: Database;
  tenant: { id: string };
  clock: Clock;
};

/** `at`: the state of this time, Unix ms */
export type Backup = { file: string; bytes: number; at: number };

/**
 * Copies the store as one transaction sees it, through the store's own connection: its lock keeps every other one
 * off. Statements of the cloud wait meanwhile. What was deleted is not in the copy.
 *
 * @param file absolute path of a file that is not there yet; made with mode 0600, and on disk when this resolves
 * @throws {CloudError} ERR_BACKUP_FAILED; nothing is left behind then
 */
export async function backUp({ database, tenant, clock }: BackupDeps, file: string): Promise<Backup> {
  const at = clock();
  const entry = { tenantId: tenant.id, at, activity: 'backUpStore' } as const;
  await makeEmpty(file);
  try {
    // In the copy too: a restore says by it what time it went back to.
    await auditLog(database).append({ ...entry, result: 'pending' });
    await sql`vacuum into ${file}`.execute(database);
    const bytes = await toDisk(file);
    await auditLog(database).append({ ...entry, at: clock(), result: 'success' });
    return { file, bytes, at };
  } catch (cause) {
    await rm(file, { force: true });
    throw new CloudError(
      'ERR_BACKUP_FAILED',
      `${file} could not be written in full, and was removed: ${whyOf(cause)}. Make room, or name another place.`,
      { cause },
    );
  }
}

const shape = z.strictObject({ to: z.string().refine(isAbsolute) });

/** `POST /` on the control socket. */
export function backupControl(deps: BackupDeps): Hono {
  return new Hono().post('/', async (context) => {
    const { to } = shape.parse(await context.req.json());
    try {
      return context.json(await backUp(deps, to));
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      return context.json({ message: error.message }, 409);
    }
  });
}

/** Before anything is in it: nobody else may read it at any time, and no file is ever written over. */
async function makeEmpty(file: string): Promise<void> {
  try {
    await (await open(file, 'wx', 0o600)).close();
  } catch (cause) {
    throw new CloudError(
      'ERR_BACKUP_FAILED',
      (cause as NodeJS.ErrnoException).code === 'EEXIST'
        ? `${file} is there already. Nothing was written; name a new file, or move that one away.`
        : unmadeText(file, cause),
      { cause },
    );
  }
}

function unmadeText(file: string, cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  const folder = dirname(file);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return `The cloud finds no folder ${folder}. Nothing was written; make it, or name another one.`;
  const why = code === 'EACCES' || code === 'EPERM' ? 'it may not write there' : whyOf(cause);
  return `${file} cannot be made by the user that the cloud runs as: ${why}. Nothing was written; name a folder that this user may write to.`;
}

/** SQLite leaves that to us after VACUUM INTO. @returns its size in bytes */
async function toDisk(file: string): Promise<number> {
  await using copy = await open(file, 'r+');
  await copy.sync();
  await using folder = await open(dirname(file), 'r');
  await folder.sync();
  return (await copy.stat()).size;
}

function whyOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
