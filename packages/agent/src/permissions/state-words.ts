import { type EvaluatedRight, isHeld } from '@homeward/active-directory';
import type { Lack } from './survey-rights.ts';

/** Groups that hold rights by default, by their names ([MS-DTYP] 2.4.2.4). */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  'S-1-1-0': 'Everyone',
  'S-1-5-11': 'Authenticated Users',
  'S-1-5-32-544': 'Administrators',
  'S-1-5-32-554': 'Pre-Windows 2000 Compatible Access',
};

export function trusteeWord(sid: string, own: { sid: string; name: string }): string {
  if (sid === own.sid) return 'the account itself';
  return WELL_KNOWN[sid] ?? `a group it is in (${sid})`;
}

/** For a table: what is in the way stands out without colours. */
export function stateWord({ state }: EvaluatedRight): string {
  return isHeld({ state }) ? state : state.toUpperCase();
}

/** Why a right is not held, as the rest of a sentence. */
export function lackWord(lack: Pick<Lack, 'state' | 'by'>, own: { sid: string; name: string }): string {
  switch (lack.state) {
    case 'denied':
      return `denied to ${lack.by === undefined ? 'it' : trusteeWord(lack.by, own)}`;
    case 'cut':
      return 'cut off: inheritance is blocked here';
    case 'unreadable':
      return 'not known: the permissions of this OU cannot be read';
    case 'exception':
      return 'taken away by the person’s own permissions';
    default:
      return 'missing';
  }
}
