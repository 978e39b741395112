import type { SyncStore } from './sync-store.ts';

/**
 * Accidental-delete protection: a fault in what is read (a filter, a right that was lost, an OU moved away) looks
 * like many people leaving at once. So many deletions are held until an administrator confirms them; whoever is
 * concerned keeps their account and can go on resetting their password.
 */
export type DeleteThreshold = {
  /** held if more than this number … */
  objects: number;
  /** … and more than this part of all (0 to 1); or all of them */
  share: number;
};

export const DEFAULT_THRESHOLD: DeleteThreshold = { objects: 500, share: 0.05 };

/** What is held: a forest's missing objects, or the deletions in the cloud (`cloud`). */
export type HeldDeletions = { deletions: number; of: number };

export function exceeds(threshold: DeleteThreshold, { deletions, of }: HeldDeletions): boolean {
  if (deletions === 0) return false;
  return deletions === of || (deletions > threshold.objects && deletions > of * threshold.share);
}

/** The deletions held in a forest or, for `cloud`, in the export. */
export function heldDeletions(store: SyncStore, where: string): HeldDeletions | undefined {
  const fact = store.fact(`held/${where}`);
  return fact === undefined ? undefined : (JSON.parse(fact) as HeldDeletions);
}

/**
 * Lets the next run carry out what is held now, up to that number; more would be held again.
 * @returns what was confirmed; undefined if nothing is held there
 */
export function confirmDeletions(store: SyncStore, where: string): HeldDeletions | undefined {
  return store.transaction(() => {
    const held = heldDeletions(store, where);
    if (held !== undefined) store.setFact(`confirmed/${where}`, String(held.deletions));
    return held;
  });
}

/** Whether the deletions may be carried out. If not, they are noted as held. Call inside a transaction. */
export function admitDeletions(
  store: SyncStore,
  where: string,
  found: HeldDeletions,
  threshold: DeleteThreshold,
): boolean {
  const confirmed = Number(store.fact(`confirmed/${where}`) ?? 0);
  if (!exceeds(threshold, found) || found.deletions <= confirmed) {
    store.setFact(`held/${where}`, undefined);
    return true;
  }
  store.setFact(`held/${where}`, JSON.stringify(found));
  return false;
}

/** The confirmation counts once: for the run that carried the deletions out. */
export function useUpConfirmation(store: SyncStore, where: string): void {
  store.setFact(`confirmed/${where}`, undefined);
  store.setFact(`held/${where}`, undefined);
}
