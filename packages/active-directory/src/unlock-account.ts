import { unlockAccount as unlockChange } from './account-change.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { explainRefusal } from './explain-refusal.ts';
import {
  type Target,
  unlockedNote,
  type WriteDeps,
  type WriteOptions,
  writeAccount,
} from './write-account.ts';

/** Unlocks without touching the password. Idempotent: it may be sent again, and needs no fence. */
export function unlockAccount(
  deps: WriteDeps,
  target: Target,
  options: Omit<WriteOptions, 'fence'>,
): Promise<DirectoryOutcome> {
  return writeAccount(
    deps,
    target,
    {
      operation: 'unlock',
      mustChange: false,
      changes: () => [unlockChange()],
      notes: (before) => unlockedNote(before, true),
      explain: (session, refusal) =>
        explainRefusal(session, refusal, {
          operation: 'unlock',
          target,
          rights: ['writeLockoutTime'],
          sentAt: deps.clock.now(),
        }),
    },
    options,
  );
}
