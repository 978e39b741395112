import type { Note } from '@homeward/protocol/outcome';
import type { Password } from '@homeward/protocol/password';
import { mustChangeAtNextLogon, setPassword, unlockAccount } from './account-change.ts';
import { type AccountState, CONTROL, hasControl } from './account-state.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { outcomeOfReason } from './directory-answer.ts';
import { DEFAULT_MARKER } from './directory-rights.ts';
import { isHeld } from './evaluate-rights.ts';
import { explainRefusal } from './explain-refusal.ts';
import { guidDn } from './guid.ts';
import { rightsOnPerson } from './report-rights.ts';
import { needsSecondModify, requireChange } from './require-change.ts';
import {
  type Target,
  unlockedNote,
  type WriteDeps,
  type WriteOptions,
  writeAccount,
} from './write-account.ts';

export type ResetOptions = WriteOptions & {
  /** the person has to choose another password at next logon; not set where the password never expires */
  mustChange: boolean;
  unlockToo: boolean;
};

/**
 * Sets a password without knowing the current one, in one modify with unlock and must-change. History holds
 * where the controller offers policy hints; elsewhere the outcome notes that it did not.
 */
export function resetPassword(
  deps: WriteDeps & { requirePolicyHints: boolean },
  target: Target,
  password: Password,
  options: ResetOptions,
): Promise<DirectoryOutcome> {
  const mustChange = (before: AccountState) =>
    options.mustChange && !hasControl(before, CONTROL.neverExpires);
  return writeAccount(
    deps,
    target,
    {
      operation: 'reset',
      changes: (before, facts) => [
        ...setPassword(password),
        ...(options.unlockToo ? [unlockAccount()] : []),
        ...(mustChange(before) && !needsSecondModify(facts) ? [mustChangeAtNextLogon()] : []),
      ],
      afterwards: async (before, { connection, facts }) =>
        mustChange(before) && needsSecondModify(facts)
          ? requireChange(deps, connection.endpoint.host, target)
          : true,
      unfit: async (before, session) => {
        const controller = session.facts.host;
        if (deps.requirePolicyHints && !session.facts.policyHints)
          return outcomeOfReason('policyHintsNotOffered', { controller });
        if (!mustChange(before) || !needsSecondModify(session.facts)) return undefined;
        // The password would be set before the flag is refused.
        const rights = await rightsOnPerson(session, guidDn(target.objectGuid), DEFAULT_MARKER);
        if (!rights || isHeld(rights.writePwdLastSet)) return undefined;
        return outcomeOfReason('insufficientRights', { controller, missingRights: ['writePwdLastSet'] });
      },
      notes: (before, after, facts) => {
        const notes: Note[] = unlockedNote(before, options.unlockToo);
        const neverExpires = hasControl(before, CONTROL.neverExpires);
        if (options.mustChange && neverExpires) notes.push('neverExpires');
        if (after?.pwdLastSet === 0n && !options.mustChange && !neverExpires) notes.push('expiredAtOnce');
        if (!facts.policyHints) notes.push('historyNotEnforced');
        return notes;
      },
      explain: (session, refusal) =>
        explainRefusal(session, refusal, {
          operation: 'reset',
          target,
          password,
          rights: [
            'resetPassword',
            ...(options.unlockToo ? (['writeLockoutTime'] as const) : []),
            ...(options.mustChange ? (['writePwdLastSet'] as const) : []),
            ...(options.fence ? (['writeMarker'] as const) : []),
          ],
          ...(options.fence ? { marker: options.fence.attribute } : {}),
          now: deps.clock.now(),
        }),
    },
    options,
  );
}
