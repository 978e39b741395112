import type { DirectoryOutcome } from '@homeward/active-directory';
import type { OutcomeKind } from '@homeward/protocol/outcome';

/** For so long a failure says that the next request would fail as well; then one is let try again. */
const REMEMBERED_MS = 3_000;

const FAILURES: ReadonlySet<OutcomeKind> = new Set<OutcomeKind>([
  'directoryUnreachable',
  'directoryNotTrusted',
  'serviceAccountRefused',
]);

/** Whether a directory failed a moment ago, so that an agent that may do better is asked instead. */
export type DirectoryHealth = {
  note: (forest: string, outcome: Pick<DirectoryOutcome, 'kind'> | { kind: 'prepared' }) => void;
  isDown: (forest: string) => boolean;
};

export function directoryHealth(now: () => number): DirectoryHealth {
  const failedAt = new Map<string, number>();
  return {
    note(forest, { kind }) {
      if (kind !== 'prepared' && FAILURES.has(kind)) failedAt.set(forest, now());
      else failedAt.delete(forest);
    },
    isDown(forest) {
      const since = now() - (failedAt.get(forest) ?? Number.NEGATIVE_INFINITY);
      return since >= 0 && since < REMEMBERED_MS;
    },
  };
}
