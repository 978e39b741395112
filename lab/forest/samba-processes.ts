import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLITE_MS = 3_000;

/**
 * The Samba processes that serve from a forest's folder, found by the databases they hold open. A pid file would
 * lie after a crash, a reboot or a reused pid; this cannot. Samba's `tfork waiter` processes close their files, but
 * stay in the session of the one that started them.
 */
export function sambaProcesses(forestFolder: string): number[] {
  const samba = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(isSamba);
  const sessions = new Set(
    samba.filter((pid) => openFiles(pid).some((file) => file.startsWith(forestFolder + sep))).map(sessionOf),
  );
  sessions.delete(undefined);
  return samba.filter((pid) => sessions.has(sessionOf(pid)));
}

/** Returns when none is left. */
export async function endSambaProcesses(forestFolder: string): Promise<number> {
  const found = sambaProcesses(forestFolder);
  let left = found;
  signal(left, 'SIGTERM');
  for (const impatientAt = Date.now() + POLITE_MS; left.length > 0; left = left.filter(isSamba)) {
    if (Date.now() > impatientAt) signal(left, 'SIGKILL');
    await sleep(20);
  }
  return found.length;
}

function signal(pids: number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // Ended by itself since it was listed.
    }
  }
}

function isSamba(pid: number): boolean {
  try {
    // After an upgrade of the package the kernel calls a running program "samba (deleted)".
    return basename(readlinkSync(`/proc/${pid}/exe`)).split(' ')[0] === 'samba';
  } catch {
    return false;
  }
}

function sessionOf(pid: number): number | undefined {
  try {
    // proc(5): the name in brackets may hold spaces; after it come state, ppid, pgrp, session.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
  } catch {
    return undefined;
  }
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${descriptor}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
