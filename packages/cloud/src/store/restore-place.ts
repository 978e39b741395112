/** The place of the live store, held by its exclusive lock while another file takes it. */
import { existsSync } from 'node:fs';
import { chmod, chown, link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CloudError } from '../errors.ts';

export type HeldPlace = AsyncDisposable & {
  /** Puts `candidate` there in one step; what was there is kept under `aside`. @returns false if nothing was there */
  replaceBy(candidate: string, aside: string): Promise<boolean>;
};

/** What SQLite keeps beside a database file. Left beside another one, it would be applied to that. */
const COMPANIONS = ['-wal', '-shm', '-journal'];

const [BUSY, CORRUPT, NOT_A_DATABASE] = [5, 11, 26];

/** @throws {CloudError} ERR_STORE_IN_USE while a cloud runs on it */
export async function holdPlace(file: string): Promise<HeldPlace> {
  const wasThere = existsSync(file);
  const lock = lockOf(file);
  let isReplaced = false;
  return {
    async replaceBy(candidate, aside) {
      await setOwner(candidate, dirname(file));
      // The log was written back when the lock was taken. What is beside a damaged store may be worth something.
      for (const suffix of COMPANIONS) {
        if (lock) await rm(file + suffix, { force: true });
        else await moveIfThere(file + suffix, aside + suffix);
      }
      // A second name, not a move: the place is never empty, so no cloud can start on an empty store.
      if (wasThere) await link(file, aside);
      // Whoever moves it elsewhere takes it out of the folder that nobody else can enter.
      if (wasThere) await chmod(aside, 0o600);
      await using folder = await open(dirname(file), 'r');
      await rename(candidate, file);
      isReplaced = true;
      await folder.sync();
      return wasThere;
    },
    async [Symbol.asyncDispose]() {
      lock?.close();
      if (!wasThere && !isReplaced) await rm(file, { force: true });
    },
  };
}

/** @returns undefined for a damaged store: no cloud can run on it, and it is what a restore is for */
function lockOf(file: string): DatabaseSync | undefined {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE; COMMIT;');
    return database;
  } catch (cause) {
    database.close();
    const code = ((cause as { errcode?: number }).errcode ?? 0) & 0xff;
    if (code === CORRUPT || code === NOT_A_DATABASE) return undefined;
    if (code !== BUSY) throw cause;
    throw new CloudError(
      'ERR_STORE_IN_USE',
      `A cloud runs on ${file}. Stop it first, then run the command again.`,
      { cause },
    );
  }
}

/** Run by root, it must still be the cloud's user who can open the store. */
async function setOwner(file: string, folder: string): Promise<void> {
  const [is, shall] = await Promise.all([stat(file), stat(folder)]);
  if (is.uid !== shall.uid) await chown(file, shall.uid, shall.gid);
}

async function moveIfThere(from: string, to: string): Promise<void> {
  if (existsSync(from)) await rename(from, to);
}
