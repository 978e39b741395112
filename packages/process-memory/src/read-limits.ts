import { readFileSync } from 'node:fs';

/** `/proc/<pid>/limits` (proc(5)); undefined where there is none, or it is not for us to read. */
export function readLimits(pid: number | 'self'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/limits`, 'utf8');
  } catch {
    return undefined;
  }
}
