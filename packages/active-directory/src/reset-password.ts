import type { Note } from '@homeward/protocol/outcome';
import type { Password } from '@homeward/protocol/password';
import { mustChangeAtNextLogon, setPassword, unlockAccount } from './account-change.ts';
import { type AccountState, CONTROL, hasControl } from './account-state.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { outcomeOfReason } from './directory-answer.ts';
import { DEFAULT_MARKER } from './directory-rights.ts';
import { DirectoryError } from './errors.ts';
import { isHeld } from './evaluate-rights.ts';
import { explainRefusal } from './explain-refusal.ts';
import { guidDn } from './guid.ts';
import type { LdapConnection } from './ldap-connection.ts';
import { rightsOnPerson } from './report-rights.ts';
import { needsSecondModify, requireChange } from './require-change.ts';
import type { Session } from './session-pool.ts';
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
  deps: ResetDeps,
  target: Target,
  password: Password,
  options: ResetOptions,
): Promise<DirectoryOutcome> {
  const { mustChange, unlockToo } = options;
  let sentAt = 0;
  return writeAccount(
    deps,
    target,
    {
      operation: 'reset',
      mustChange,
      changes: (before, facts) => {
        sentAt = deps.clock.now();
        return [
          ...setPassword(password),
          ...(unlockToo && before.lockoutTime !== 0n ? [unlockAccount()] : []),
          ...(flags(mustChange, before) && !needsSecondModify(facts) ? [mustChangeAtNextLogon()] : []),
        ];
      },
      afterwards: async (before, { connection, facts }) =>
        flags(mustChange, before) && needsSecondModify(facts)
          ? requireChange(deps, connection.endpoint.host, target)
          : true,
      unfit: (before, session) => unfitForReset(deps, target, mustChange, before, session),
      // Locked between the read and the write, or while the write was under way.
      mend: async (after, { connection }) =>
        !unlockToo || after.lockoutTime === 0n || unlockNow(deps, connection, target),
      notes: (before, after, facts) => {
        const notes: Note[] = unlockedNote(before, unlockToo);
        const neverExpires = hasControl(before, CONTROL.neverExpires);
        if (mustChange && neverExpires) notes.push('neverExpires');
        if (after?.pwdLastSet === 0n && !mustChange && !neverExpires) notes.push('expiredAtOnce');
        if (!facts.policyHints) notes.push('historyNotEnforced');
        return notes;
      },
      explain: (session, refusal, marker) =>
        explainRefusal(session, refusal, {
          operation: 'reset',
          target,
          password,
          rights: [
            'resetPassword',
            ...(unlockToo ? (['writeLockoutTime'] as const) : []),
            ...(mustChange ? (['writePwdLastSet'] as const) : []),
            ...(marker === undefined ? [] : (['writeMarker'] as const)),
          ],
          ...(marker === undefined ? {} : { marker }),
          sentAt,
        }),
    },
    options,
  );
}

export type ResetDeps = WriteDeps & { requirePolicyHints: boolean };

/** What this controller cannot do, found before the password would be set. Only reads. */
export async function unfitForReset(
  deps: ResetDeps,
  target: Target,
  mustChange: boolean,
  before: AccountState,
  session: Session,
): Promise<DirectoryOutcome | undefined> {
  const controller = session.facts.host;
  if (deps.requirePolicyHints && !session.facts.policyHints)
    return outcomeOfReason('policyHintsNotOffered', { controller });
  if (!flags(mustChange, before) || !needsSecondModify(session.facts)) return undefined;
  // The password would be set before the flag is refused.
  const rights = await rightsOnPerson(session, guidDn(target.objectGuid), DEFAULT_MARKER);
  if (!rights || isHeld(rights.writePwdLastSet)) return undefined;
  return outcomeOfReason('insufficientRights', { controller, missingRights: ['writePwdLastSet'] });
}

function flags(mustChange: boolean, before: AccountState): boolean {
  return mustChange && !hasControl(before, CONTROL.neverExpires);
}

async function unlockNow(deps: WriteDeps, connection: LdapConnection, target: Target): Promise<boolean> {
  try {
    await connection.modify(guidDn(target.objectGuid), [unlockAccount()]);
    return true;
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error;
    deps.log.warn({ code: error.code }, 'The password is set, but the account was locked meanwhile.');
    return false;
  }
}
