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
export async function endSambaProcesses(
  forestFolder: string,
  how: 'SIGTERM' | 'SIGKILL' = 'SIGTERM',
): Promise<number> {
  let ended = 0;
  for (let found = sambaProcesses(forestFolder); found.length > 0; found = sambaProcesses(forestFolder)) {
    signal(found, how);
    const impatientAt = Date.now() + POLITE_MS;
    for (let left = found; left.length > 0; left = left.filter(holdsFiles)) {
      if (Date.now() > impatientAt) signal(left, 'SIGKILL');
      await sleep(20);
    }
    ended += found.length;
  }
  return ended;
}

/** Returns when every one is stopped, also those that were being started meanwhile. */
export async function freezeSambaProcesses(forestFolder: string): Promise<void> {
  const running = () => sambaProcesses(forestFolder).filter((pid) => !isStopped(pid));
  for (let left = running(); left.length > 0; left = running()) {
    signal(left, 'SIGSTOP');
    await sleep(5);
  }
}

export function thawSambaProcesses(forestFolder: string): void {
  signal(sambaProcesses(forestFolder), 'SIGCONT');
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

/** Of a process; the one whose id it is leads it. Undefined where the process is gone. */
export function sessionOf(pid: number): number | undefined {
  const session = statOf(pid)?.[3];
  return session === undefined ? undefined : Number(session);
}

/** A process that was killed has no program any more a moment before its sockets are closed. */
function holdsFiles(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state !== undefined && !'ZX'.includes(state);
}

function isStopped(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state === undefined || state === 'T' || state === 'Z';
}

/** proc(5): state, ppid, pgrp, session and so on; undefined where the process is gone. */
function statOf(pid: number): string[] | undefined {
  try {
    // The name in brackets, which comes before them, may hold spaces.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
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
