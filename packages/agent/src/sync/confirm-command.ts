import { confirmDeletions, type HeldDeletions, heldDeletions, ORPHANS } from '@homeward/sync';
import { counted } from '../permissions/print-survey.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { lastFullFact } from './open-sync-runner.ts';
import { openSyncStore } from './open-sync-store.ts';
import { hasSyncDatabase } from './sync-database.ts';
import type { SyncOrder } from './sync-work.ts';

export type ConfirmDeps = { order: SyncOrder; terminal: Terminal; command: string };

type Held = { where: string; what: string } & HeldDeletions;

/** `sync confirm-deletions`. @returns 0 where nothing is held any more, 1 where it was not confirmed */
export async function confirmHeld(
  options: { yes?: boolean; json?: boolean },
  { order, terminal }: ConfirmDeps,
): Promise<0 | 1> {
  const { stateFolder, forests, settings } = order.work;
  const store = hasSyncDatabase(stateFolder) ? openSyncStore(stateFolder) : undefined;
  try {
    const places = [
      ...forests.map(({ sid, domain }) => ({ where: sid, what: `missing in ${domain}` })),
      { where: 'cloud', what: 'to be deleted in the cloud' },
      { where: ORPHANS, what: 'in the cloud and in no forest that this agent reads' },
    ];
    const held: Held[] = places.flatMap((place) => {
      const found = store && heldDeletions(store, place.where);
      return found === undefined ? [] : [{ ...place, ...found }];
    });
    if (!options.json) for (const line of held.map(heldLine)) terminal.print(line);
    const isConfirmed = held.length === 0 || options.yes === true || (await isMeant(terminal));
    if (store !== undefined && isConfirmed)
      store.transaction(() => {
        for (const { where } of held) confirmDeletions(store, where);
        // Only a reading of everything can tell who is missing.
        if (held.length > 0) for (const { sid } of forests) store.setFact(lastFullFact(sid), undefined);
      });
    if (options.json) terminal.print(JSON.stringify({ isConfirmed, held }, null, 2));
    else if (held.length === 0) terminal.print('No deletions are held.');
    else if (isConfirmed)
      terminal.print(
        `Confirmed. The next cycle carries it out: in ${settings.everySeconds} seconds at most where the agent runs, else with "sync run". More than that would be held again.`,
      );
    else
      terminal.print(
        'Nothing was confirmed; everybody stays as they are. Say --yes to confirm without being asked.',
      );
    return isConfirmed ? 0 : 1;
  } finally {
    store?.close();
  }
}

async function isMeant(terminal: Terminal): Promise<boolean> {
  if (!terminal.interactive) return false;
  return /^y(es)?$/i.test((await terminal.ask('Delete them? (yes/no) ')).trim());
}

/** What is held after a cycle, and what to do about it. */
export function heldLines(
  held: { forest: HeldDeletions | undefined; cloud: HeldDeletions | undefined },
  command: string,
): string[] {
  const lines = [
    ...(held.forest ? [heldLine({ ...held.forest, what: 'missing in the directory' })] : []),
    ...(held.cloud ? [heldLine({ ...held.cloud, what: 'to be deleted in the cloud' })] : []),
  ];
  if (lines.length === 0) return [];
  return [
    ...lines,
    `They are kept, and can go on resetting their passwords. If they are meant to go: ${command} sync confirm-deletions`,
  ];
}

function heldLine({ deletions, of, what }: HeldDeletions & { what: string }): string {
  return `${counted(deletions, 'object', 'objects')} of ${of} ${deletions === 1 ? 'is' : 'are'} ${what}.`;
}
