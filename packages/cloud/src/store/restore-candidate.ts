/** A backup, copied beside the live store and proven to be one that this version can run on, before anything changes. */
import { chmod, copyFile, type FileHandle, open, rm, stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import { CloudError } from '../errors.ts';
import { openMasterKey } from '../secrets/master-key.ts';
import { deriveSecrets } from '../secrets/secrets.ts';
import { openTenant } from '../tenant/tenant-store.ts';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { openSqlite } from './sqlite.ts';

export type CandidateDeps = {
  from: string;
  /** where the copy is made */
  candidate: string;
  masterKeyFile: string;
  tenantName: string;
  clock: Clock;
};

export type Candidate = { database: Database; tenant: { id: string }; migrations: string[] };

/**
 * @returns the copy, open, brought up to date
 * @throws {CloudError} ERR_BACKUP_UNREADABLE, ERR_STORE_NEWER, ERR_STORE_MIGRATION_CHANGED, ERR_MASTER_KEY_WRONG,
 *   ERR_MASTER_KEY_UNREADABLE
 */
export async function openCandidate(deps: CandidateDeps): Promise<Candidate> {
  const { from, candidate, clock } = deps;
  const key = await presentKey(deps.masterKeyFile);
  await copyWhole(from, candidate);
  checkStore(from, candidate);
  const { database } = openSqlite(candidate);
  try {
    const migrations = await migrate(database, clock);
    const tenant = await openTenant(database, deriveSecrets(key), deps.tenantName, clock());
    return { database, tenant, migrations };
  } catch (error) {
    await database.destroy();
    throw inWordsOfRestore(error, deps);
  }
}

/** The other messages are for a cloud that starts, and advise to restore a backup. */
function inWordsOfRestore(error: unknown, { from, masterKeyFile }: CandidateDeps): unknown {
  if (!(error instanceof CloudError)) return error;
  const words: Partial<Record<CloudError['code'], string>> = {
    ERR_MASTER_KEY_WRONG: `${from} was made under another master key than the one in ${masterKeyFile}. Put the key of that time there first.`,
    ERR_STORE_NEWER: `${from} was made by a newer version of Homeward. Install that version, then restore.`,
  };
  return new CloudError(error.code, words[error.code] ?? error.message, { cause: error });
}

/** Never made here: a new key opens nothing of a backup, and would lie where the old one has to be put. */
async function presentKey(file: string) {
  if (!(await isThere(file))) {
    throw new CloudError(
      'ERR_MASTER_KEY_UNREADABLE',
      `There is no master key in ${file}, and without it a backup is of no use. Put the copy of it back there first.`,
    );
  }
  return (await openMasterKey(file)).key;
}

async function copyWhole(from: string, candidate: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(candidate + suffix, { force: true });
  try {
    await copyFile(from, candidate);
    await chmod(candidate, 0o600);
    // Beside a former store that was put aside after a crash; a backup has none.
    if (await isThere(`${from}-wal`)) await copyFile(`${from}-wal`, `${candidate}-wal`);
  } catch (cause) {
    throw unreadable(unreadText(from, cause), cause);
  }
}

/**
 * For a first look, while a cloud may still run on the store: nobody shall stop it for a name that is misspelt.
 * @throws {CloudError} ERR_BACKUP_UNREADABLE
 */
export async function checkReadable(from: string): Promise<void> {
  let opened: FileHandle;
  try {
    opened = await open(from, 'r');
  } catch (cause) {
    throw unreadable(unreadText(from, cause), cause);
  }
  await using file = opened;
  if (!(await file.stat()).isFile()) throw unreadable(`${from} is no file. Name another one.`);
}

function unreadText(from: string, cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return `There is no file ${from}. Name another one.`;
  if (code === 'EACCES' || code === 'EPERM')
    return `${from} cannot be read: permission denied. Run this as root, or as a user who may read it.`;
  return `${from} cannot be read: ${message}. Name another file.`;
}

function checkStore(from: string, candidate: string): void {
  let problem: unknown;
  try {
    using database = new DatabaseSync(candidate);
    problem = Object.values(database.prepare('pragma integrity_check(1)').get() ?? {})[0];
    if (problem === 'ok') {
      const named = database.prepare(
        "select count(*) as n from sqlite_master where type = 'table' and name in ('migration', 'tenant', 'audit')",
      );
      const isStore =
        named.get()?.['n'] === 3 && database.prepare('select 1 from tenant').get() !== undefined;
      if (!isStore) throw unreadable(`${from} is no store of Homeward. Name another file.`);
      return;
    }
  } catch (cause) {
    if (cause instanceof CloudError) throw cause;
    problem = (cause as Error).message;
  }
  throw unreadable(`${from} is damaged or no store at all (${problem}). Take an earlier backup.`);
}

function unreadable(message: string, cause?: unknown): CloudError {
  return new CloudError('ERR_BACKUP_UNREADABLE', message, { cause });
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}
