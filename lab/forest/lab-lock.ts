import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './errors.ts';

/** Whoever holds it may be bringing a Samba: a minute where all is well, many where the mirror is slow. */
const PATIENCE_MS = 20 * 60_000;
const SQLITE_BUSY = 5;

/**
 * Runs `work` while nobody else does in this lab's folder. The lock is SQLite's lock on a file, which the kernel
 * lets go when its process ends: a killed `lab-up` leaves nothing that a later one would have to judge stale.
 */
export async function withLabLock<T>(
  folder: string,
  say: (text: string) => void,
  work: (lock: { waited: boolean }) => Promise<T>,
): Promise<T> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  using database = new DatabaseSync(join(folder, 'lock'));
  const waited = await takeLock(database, folder, say);
  return await work({ waited });
}

async function takeLock(
  database: DatabaseSync,
  folder: string,
  say: (text: string) => void,
): Promise<boolean> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (let waited = false; ; waited = true) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return waited;
    } catch (cause) {
      if (!isBusy(cause)) throw cause;
      if (Date.now() > giveUpAt) {
        throw new LabError('ERR_LAB_BUSY', `Another lab-up or lab-down is still at work in ${folder}.`, {
          cause,
        });
      }
      if (!waited) say('another lab-up or lab-down is at work in this folder: waiting for it');
      await sleep(100);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
