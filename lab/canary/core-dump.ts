import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '../forest/run-command.ts';

const PAGE = 4_096;
const READ_AT_ONCE = 16 * 1_024 * 1_024;
const EMPTY = Buffer.alloc(PAGE);

/**
 * What a process has in memory, as its core dump has it (gcore; the process stands still for a second and goes on).
 * Pages without a bit set are left out: Node reserves a gigabyte and uses little of it. The file is gone again.
 */
export async function dumpCore(pid: number): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'homeward-core-'));
  try {
    await mustRun('gcore', ['-o', join(folder, 'core'), String(pid)]);
    return usedPages(join(folder, `core.${pid}`));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function usedPages(path: string): Buffer {
  const used: Buffer[] = [];
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.alloc(READ_AT_ONCE);
    for (let length = readSync(file, chunk); length > 0; length = readSync(file, chunk)) {
      for (let at = 0; at < length; at += PAGE) {
        const page = chunk.subarray(at, Math.min(at + PAGE, length));
        if (!page.equals(EMPTY.subarray(0, page.length))) used.push(Buffer.from(page));
      }
    }
  } finally {
    closeSync(file);
  }
  return Buffer.concat(used);
}
