import type { Password } from '@homeward/protocol/password';
import { changePassword as changeOf } from './account-change.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { explainRefusal } from './explain-refusal.ts';
import { type Target, type WriteDeps, type WriteOptions, writeAccount } from './write-account.ts';

/**
 * Sets a password for somebody who knows the current one: history and minimum age hold on every directory. A
 * wrong current password counts against the person, and locks them at their threshold.
 */
export function changePassword(
  deps: WriteDeps,
  target: Target,
  passwords: { current: Password; next: Password },
  options: WriteOptions,
): Promise<DirectoryOutcome> {
  let sentAt = 0;
  return writeAccount(
    deps,
    target,
    {
      operation: 'change',
      mustChange: false,
      changes: () => {
        sentAt = deps.clock.now();
        return changeOf(passwords.current, passwords.next);
      },
      notes: () => [],
      explain: (session, refusal, marker) =>
        explainRefusal(session, refusal, {
          operation: 'change',
          target,
          password: passwords.next,
          rights: ['changePassword', ...(marker === undefined ? [] : (['writeMarker'] as const))],
          ...(marker === undefined ? {} : { marker }),
          sentAt,
        }),
    },
    options,
  );
}
