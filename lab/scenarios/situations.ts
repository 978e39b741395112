import { ADMINISTRATOR_RESETS } from './situations/administrator-resets.ts';
import { CHANGES } from './situations/changes.ts';
import { DRY_RUNS } from './situations/dry-runs.ts';
import { NO_WAY_THERE } from './situations/no-way-there.ts';
import { RESETS } from './situations/resets.ts';
import type { Situation } from './situations/situation.ts';
import { UNLOCKS } from './situations/unlocks.ts';

/** The one table, by the sections of docs/situations.md. `situations.e2e.ts` runs each row at each directory. */
export const SITUATIONS: readonly { section: string; rows: readonly Situation[] }[] = [
  { section: 'A person’s reset', rows: RESETS },
  { section: 'An administrator’s reset', rows: ADMINISTRATOR_RESETS },
  { section: 'A change', rows: CHANGES },
  { section: 'An unlock', rows: UNLOCKS },
  { section: 'A dry run', rows: DRY_RUNS },
  { section: 'No way to the directory', rows: NO_WAY_THERE },
];
