import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const PAGE = 4_096;
const EMPTY = Buffer.alloc(PAGE);
const READ_AT_ONCE = 4_096 * PAGE;

/**
 * All that a process may read of its own memory, while it stands still (proc(5), /proc/pid/mem). For an agent that
 * runs from its sources: the compiler inside Node reserves ten gigabytes, which a core dump would write out.
 */
export function readMemory(pid: number): Buffer {
  process.kill(pid, 'SIGSTOP');
  try {
    const used: Buffer[] = [];
    const file = openSync(`/proc/${pid}/mem`, 'r');
    try {
      for (const { from, to } of readableRanges(pid)) used.push(...usedPages(file, from, to));
    } finally {
      closeSync(file);
    }
    return Buffer.concat(used);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

function readableRanges(pid: number): { from: number; to: number }[] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'utf8').trimEnd().split('\n');
  return lines.flatMap((line) => {
    const [, from = '', to = '', name = ''] =
      /^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \S+ *(.*)$/.exec(line) ?? [];
    // The kernel's own pages, of which some cannot be read from outside.
    if (from === '' || name.startsWith('[v')) return [];
    return [{ from: Number.parseInt(from, 16), to: Number.parseInt(to, 16) }];
  });
}

function usedPages(file: number, from: number, to: number): Buffer[] {
  const used: Buffer[] = [];
  const chunk = Buffer.alloc(Math.min(READ_AT_ONCE, to - from));
  for (let at = from; at < to; at += chunk.length) {
    const length = readSync(file, chunk, 0, Math.min(chunk.length, to - at), at);
    for (let page = 0; page < length; page += PAGE) {
      const bytes = chunk.subarray(page, page + PAGE);
      if (!bytes.equals(EMPTY)) used.push(Buffer.from(bytes));
    }
  }
  return used;
}
