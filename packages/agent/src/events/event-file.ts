/**
 * The event log on disk: JSON lines in numbered files of the state folder, the oldest of which goes when a new one
 * begins. A place in it is a file's number and an offset, so that a reader can go on where it stopped.
 */
import {
  appendFileSync,
  chownSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { EventRecord } from './event-record.ts';

export type Place = { file: number; offset: number };

export type EventFile = { append: (record: EventRecord) => void };

export type EventFileLimits = {
  /** bytes after which the next file begins */
  fileSize: number;
  /** how many files stay */
  files: number;
};

/** About 100,000 events. */
const LIMITS: EventFileLimits = { fileSize: 4 * 1_024 * 1_024, files: 8 };
const CHUNK = 256 * 1_024;
const NEWLINE = 10;

export function openEventFile(stateFolder: string, limits: EventFileLimits = LIMITS): EventFile {
  const folder = folderOf(stateFolder);
  const isFolderNew = mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined;
  const owner = statSync(stateFolder);
  if (isFolderNew) handOver(folder);
  let number = numbersIn(folder).at(-1) ?? 1;
  // A line that a crash cut off must not swallow the next one.
  if (isCutOff(pathOf(folder, number))) write(number, '\n');

  function write(file: number, line: string): void {
    const path = pathOf(folder, file);
    const isNew = statSync(path, { throwIfNoEntry: false }) === undefined;
    appendFileSync(path, line, { mode: 0o600 });
    if (isNew) handOver(path);
  }

  /** A command of root's must not leave what the agent's own account cannot write. */
  function handOver(path: string): void {
    if (process.getuid?.() === 0) chownSync(path, owner.uid, owner.gid);
  }

  return {
    append(record) {
      if (sizeOf(pathOf(folder, number)) >= limits.fileSize) {
        number += 1;
        for (const old of numbersIn(folder)) if (old <= number - limits.files) rmSync(pathOf(folder, old));
      }
      write(number, `${JSON.stringify(record)}\n`);
    },
  };
}

/** The next whole records from a place on, oldest first, and the place behind each; empty at the end. */
export function readEvents(stateFolder: string, from: Place): { record: EventRecord; next: Place }[] {
  const folder = folderOf(stateFolder);
  const numbers = numbersIn(folder).filter((number) => number >= from.file);
  for (const file of numbers)
    for (let offset = file === from.file ? from.offset : 0; ; ) {
      const chunk = readChunk(pathOf(folder, file), offset);
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      const found = recordsIn(chunk.subarray(0, end), { file, offset });
      if (found.length > 0) return found;
      if (end === 0) break;
      offset += end;
    }
  return [];
}

/** Everything from a place on. */
export function* allEvents(
  stateFolder: string,
  from: Place = { file: 0, offset: 0 },
): Generator<{ record: EventRecord; next: Place }> {
  for (let place = from; ; ) {
    const found = readEvents(stateFolder, place);
    const last = found.at(-1);
    if (last === undefined) return;
    yield* found;
    place = last.next;
  }
}

/** Whether what was written at this place is still there; if not, it went with its file. */
export function isKept(stateFolder: string, { file }: Place): boolean {
  const [oldest] = numbersIn(folderOf(stateFolder));
  return oldest === undefined || file === 0 || file >= oldest;
}

function recordsIn(lines: Buffer, { file, offset }: Place): { record: EventRecord; next: Place }[] {
  const found: { record: EventRecord; next: Place }[] = [];
  let start = 0;
  for (let end = lines.indexOf(NEWLINE); end >= 0; end = lines.indexOf(NEWLINE, start)) {
    const line = lines.toString('utf8', start, end);
    start = end + 1;
    const next = { file, offset: offset + start };
    const record = parsed(line);
    const last = found.at(-1);
    if (record !== undefined) found.push({ record, next });
    else if (last !== undefined) last.next = next;
  }
  return found;
}

function parsed(line: string): EventRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isRecord = typeof value === 'object' && value !== null && 'id' in value && 'event' in value;
    return isRecord ? (value as EventRecord) : undefined;
  } catch {
    return undefined;
  }
}

function readChunk(path: string, offset: number): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    // It was the oldest, and has just gone.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
  try {
    const length = Math.max(0, Math.min(CHUNK, fstatSync(descriptor).size - offset));
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, length, offset));
  } finally {
    closeSync(descriptor);
  }
}

function isCutOff(path: string): boolean {
  const size = sizeOf(path);
  return size > 0 && readChunk(path, size - 1)[0] !== NEWLINE;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function folderOf(stateFolder: string): string {
  return join(stateFolder, 'events');
}

function pathOf(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(8, '0')}.jsonl`);
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder)
      .flatMap((name) => (/^\d{8}\.jsonl$/.test(name) ? [Number.parseInt(name, 10)] : []))
      .toSorted((a, b) => a - b);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
