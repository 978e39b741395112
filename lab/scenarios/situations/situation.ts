import type { CONNECTION_FAILURES, Right } from '@homeward/active-directory';
import type { EventId } from '@homeward/protocol/event';
import type { Note, OutcomeKind, PolicyRefusal } from '@homeward/protocol/outcome';

/** What the directory holds once the operation has ended, and so what the runner reads there. */
export const HOLDINGS = {
  newPassword: 'the new password',
  newPasswordToChange: 'the new password, to be changed at next logon',
  newPasswordLocked: 'the new password; the account is still locked',
  oldPassword: 'the old password',
  oldPasswordToChange: 'the old password, still to be changed at next logon',
  oldPasswordLocked: 'the old password; the account is still locked',
  oldPasswordUnlocked: 'the old password; the account is unlocked',
  unchanged: 'what it held before',
  unchangedUnlocked: 'what it held before; the account is unlocked',
  noAccount: 'no such account',
} as const;
export type Holding = keyof typeof HOLDINGS;

/** How an operation ends. */
export type Ending = {
  outcome: OutcomeKind;
  event: EventId;
  /** with `refusedByPolicy`; `retryAt` is not in the table: it is the last change plus the minimum age */
  refusal?: Omit<PolicyRefusal, 'retryAt'>;
  /** truths about an applied operation, besides that history was not enforced */
  notes?: readonly Note[];
  /** for the administrator: why, as in the agent's log */
  reason?: Reason;
  /** exactly the rights that the agent's account lacks */
  missing?: readonly Right[];
  holds: Holding;
};

export type Reason =
  | keyof typeof CONNECTION_FAILURES
  | 'accountIsDisabled'
  | 'accountHasExpired'
  | 'accountIsLocked'
  | 'smartCardRequired'
  | 'protectedGroup'
  | 'leftoverAdminCount'
  | 'noSuchAccount'
  | 'notAPerson'
  | 'accessDenied'
  | 'insufficientRights'
  | 'accountUnreadable'
  | 'changeNotAllowed'
  | 'currentPasswordWrong'
  | 'policyHintsNotOffered'
  | 'tooLate';

/** One situation: what is arranged, what is asked, how it ends. */
export type Situation = {
  /** as an administrator would tell it */
  situation: string;
  arranged: Arranged;
  asked:
    | { operation: 'reset' | 'adminReset'; mustChange?: boolean; leaveLocked?: boolean; tooLate?: boolean }
    | { operation: 'change'; current?: 'wrong' }
    | { operation: 'unlock' }
    | { operation: 'dryRun'; of: 'reset' | 'change' | 'unlock'; mustChange?: boolean; marker?: boolean };
  /** the new password; a fresh one, which breaks no rule, where absent */
  typed?: string | { again: 'earlier password' };
  ends: Ending;
  /** where the directory has no policy hints (Samba 4.17) and it ends otherwise */
  endsWithoutHints?: Ending;
};

export function endingOf(row: Situation, policyHints: boolean): Ending {
  return policyHints ? row.ends : (row.endsWithoutHints ?? row.ends);
}

/** How the person, the directory and the way to it are before; `arrangements.ts` makes each of them. */
export type Arranged =
  | 'ordinary'
  | 'named Ann Lee'
  | 'has had other passwords'
  | 'password younger than the minimum age'
  | 'under a PSO that may not be read'
  | 'locked'
  | 'disabled'
  | 'account expired'
  | 'account expires later'
  | 'smart card'
  | 'locked with smart card'
  | 'never expires'
  | 'must change'
  | 'cannot change password'
  | 'may be locked'
  | 'in Domain Admins'
  | 'nested in Account Operators'
  | 'primary group Domain Admins'
  | 'leftover adminCount'
  | 'deleted'
  | 'never was'
  | 'a computer'
  | 'renamed'
  | 'moved'
  | 'special characters'
  | 'leading #'
  | 'spaces around the name'
  | 'unicode name'
  | '64 characters'
  | 'without resetPassword'
  | 'without writeLockoutTime'
  | 'locked, without writeLockoutTime'
  | 'without writePwdLastSet'
  | 'inheritance blocked'
  | 'history required'
  | 'nobody listens'
  | 'controller hangs'
  | 'connection ended'
  | 'certificate of another name'
  | 'unknown authority'
  | 'agent password wrong'
  | 'agent disabled'
  | 'agent expired'
  | 'agent locked';
