/** Small files that survive a power cut whole, or are gone for good. POSIX: a name is durable once its folder is synced. */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  rmdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** A new file that only its owner reads, on disk when it returns. @throws EEXIST */
export function writePrivate(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Makes an empty file that only its owner reads, for SQLite to fill: what it keeps beside the file gets the same mode.
 * One that is there is left alone, and never opened: to close it again would take SQLite's locks from this process.
 */
export function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Makes what was created, renamed or removed in a folder durable. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/**
 * Overwrites and removes each file of a folder, then the folder. Copies that a file system, a snapshot or a flash
 * controller keeps are out of reach from here.
 */
export function shredFolder(path: string): void {
  for (const name of readdirSync(path)) {
    const file = openSync(join(path, name), 'r+');
    try {
      writeSync(file, Buffer.alloc(fstatSync(file).size), 0, undefined, 0);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    unlinkSync(join(path, name));
  }
  syncFolder(path);
  rmdirSync(path);
}
