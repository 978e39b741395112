import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makePrivate } from '../keys/durable-files.ts';

const BUSY = 5;

/**
 * Only one process at a time synchronises a state folder: two would send the same exports twice. The lock is
 * SQLite's own on a file of its own, so it goes with the process that held it, however that ended.
 *
 * @returns undefined while another process holds it
 */
export function takeSyncLock(stateFolder: string): Disposable | undefined {
  const file = join(stateFolder, 'sync.lock');
  makePrivate(file);
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === BUSY) return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => database.close() };
}
