/**
 * What the journal holds that is not over, read beside a running agent too: its file is locked for good, so it is read
 * from a copy.
 */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { EvidenceBefore } from '@homeward/active-directory';
import { decodeReply } from '@homeward/protocol/reply';
import { bringUpToDate } from '../writeback/journal-schema.ts';

/** Times in Unix ms. `operation` to `controller` only of what was about to be written. */
export type JournalEntry = {
  requestId: string;
  /** `open`: its end is not known. `untold`: it has ended, and the cloud has not acknowledged that yet */
  state: 'open' | 'untold';
  outcome?: string;
  intendedAt?: number;
  expires: number;
  operation?: string;
  forest?: string;
  objectGuid?: string;
  controller?: string;
};

export type JournalPicture = {
  entries: JournalEntry[];
  /** the latest time that the agent has ever seen */
  highWater: number;
};

const WAL_HEADER_BYTES = 32;
const ATTEMPTS = 50;

/** @returns undefined where there is no journal */
export function readEntries(stateFolder: string): JournalPicture | undefined {
  const path = join(stateFolder, 'journal.db');
  if (!existsSync(path)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'homeward-journal-'));
  try {
    return readCopy(copyOf(path, folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * A checkpoint moves pages into the database file, but what was in the log stays there until the log begins anew, with
 * another header. So the two belong together where the header was the same before the first and after the last byte.
 */
function copyOf(path: string, folder: string): string {
  const copy = join(folder, 'journal.db');
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const before = headerOf(bytesOf(`${path}-wal`));
    copyFileSync(path, copy);
    const log = bytesOf(`${path}-wal`);
    if (headerOf(bytesOf(`${path}-wal`)) !== before) continue;
    writeFileSync(`${copy}-wal`, log, { mode: 0o600 });
    return copy;
  }
  throw new Error(`${path} changes all the time`);
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function headerOf(log: Buffer): string {
  return log.toString('hex', 0, WAL_HEADER_BYTES);
}

function readCopy(path: string): JournalPicture {
  const database = new DatabaseSync(path);
  try {
    bringUpToDate(database);
    const rows = database
      .prepare("SELECT * FROM entry WHERE state = 'intent' OR acked = 0 ORDER BY expires, rowid")
      .all();
    const clock = database.prepare('SELECT high_water FROM clock').get();
    return { entries: rows.map(entryOf), highWater: Number(clock?.['high_water'] ?? 0) };
  } finally {
    database.close();
  }
}

function entryOf(row: Record<string, SQLOutputValue>): JournalEntry {
  const isOpen = row['state'] === 'intent';
  const evidence = row['evidence_before'];
  const before = typeof evidence === 'string' ? (JSON.parse(evidence) as EvidenceBefore) : undefined;
  const text = (name: string) => (typeof row[name] === 'string' ? row[name] : undefined);
  return {
    requestId: String(row['request_id']),
    state: isOpen ? 'open' : 'untold',
    ...present('outcome', isOpen ? undefined : decodeReply(row['reply'] as Uint8Array).outcome.kind),
    ...present('intendedAt', row['intended_at'] === null ? undefined : Number(row['intended_at'])),
    expires: Number(row['expires']),
    ...present('operation', text('operation')),
    ...present('forest', text('forest')),
    ...present('objectGuid', text('object_guid')),
    ...present('controller', before?.controller),
  };
}

function present<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { [key in K]?: V };
}
