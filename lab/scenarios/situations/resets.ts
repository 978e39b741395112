import type { Ending, Situation } from './situation.ts';

const applied = { outcome: 'applied', event: 31002, holds: 'newPassword' } as const satisfies Ending;
const refused = { outcome: 'refusedByPolicy', event: 33008, holds: 'oldPassword' } as const;
const isProtected = { outcome: 'protectedAccount', event: 33004, holds: 'oldPassword' } as const;
const notFound = { outcome: 'notFound', event: 33002 } as const;
const notPermitted = { outcome: 'notPermitted', event: 33004, holds: 'oldPassword' } as const;
const reset = { operation: 'reset' } as const;

export const RESETS: readonly Situation[] = [
  { situation: 'Somebody forgot their password.', arranged: 'ordinary', asked: reset, ends: applied },
  {
    situation: 'The new password has fewer characters than the policy wants.',
    arranged: 'ordinary',
    asked: reset,
    typed: 'Kurz-1!',
    ends: { ...refused, refusal: { rules: ['tooShort'], minimumLength: 8 } },
  },
  {
    situation: 'The new password is long, but has small letters and spaces only.',
    arranged: 'ordinary',
    asked: reset,
    typed: 'nothing but lowercase',
    ends: {
      ...refused,
      refusal: { rules: ['notComplex'], missingKinds: ['upper', 'digit', 'otherLetter'] },
    },
  },
  {
    situation: 'The new password is short, too simple, and has the person’s first name in it.',
    arranged: 'named Ann Lee',
    asked: reset,
    typed: 'ann1',
    ends: {
      ...refused,
      refusal: {
        rules: ['tooShort', 'notComplex', 'containsName'],
        minimumLength: 8,
        missingKinds: ['upper', 'symbol', 'otherLetter'],
      },
    },
  },
  {
    situation:
      'The new password has the person’s first name in it and is fine otherwise. Samba does not compare names, as Windows does.',
    arranged: 'named Ann Lee',
    asked: reset,
    typed: 'Ann-of-2026-Spring',
    ends: applied,
  },
  {
    situation: 'The new password is one that the person had before.',
    arranged: 'has had other passwords',
    asked: reset,
    typed: { again: 'earlier password' },
    ends: { ...refused, refusal: { rules: ['historyOrFilter'], historyLength: 24 } },
    endsWithoutHints: applied,
  },
  {
    situation: 'The password was changed a moment ago, and the policy wants two days between changes.',
    arranged: 'password younger than the minimum age',
    asked: reset,
    ends: { ...refused, refusal: { rules: ['tooYoung'] } },
    endsWithoutHints: applied,
  },
  {
    situation: 'The password was changed a moment ago, and the new one is short and too simple as well.',
    arranged: 'password younger than the minimum age',
    asked: reset,
    typed: 'short',
    ends: {
      ...refused,
      refusal: {
        rules: ['tooYoung', 'tooShort', 'notComplex'],
        minimumLength: 8,
        missingKinds: ['upper', 'digit', 'symbol', 'otherLetter'],
      },
    },
    endsWithoutHints: {
      ...refused,
      refusal: {
        rules: ['tooShort', 'notComplex'],
        minimumLength: 8,
        missingKinds: ['upper', 'digit', 'symbol', 'otherLetter'],
      },
    },
  },
  {
    situation: 'A stricter PSO applies, which the agent’s account may not read.',
    arranged: 'under a PSO that may not be read',
    asked: reset,
    typed: 'Only-15-chars!!',
    ends: { ...refused, refusal: { rules: [] } },
  },
  {
    situation: 'History is required in the configuration.',
    arranged: 'history required',
    asked: reset,
    ends: applied,
    endsWithoutHints: {
      outcome: 'policyHintsMissing',
      event: 6329,
      reason: 'policyHintsNotOffered',
      holds: 'oldPassword',
    },
  },
  {
    situation: 'The account is locked after too many wrong passwords.',
    arranged: 'locked',
    asked: reset,
    ends: { ...applied, notes: ['unlocked'] },
  },
  {
    situation: 'The account is locked, and unlocking was not asked for.',
    arranged: 'locked',
    asked: { ...reset, leaveLocked: true },
    ends: { ...applied, holds: 'newPasswordLocked' },
  },
  {
    situation: 'The account is disabled.',
    arranged: 'disabled',
    asked: reset,
    ends: { outcome: 'disabled', event: 33005, reason: 'accountIsDisabled', holds: 'unchanged' },
  },
  {
    situation: 'The account’s end date has passed.',
    arranged: 'account expired',
    asked: reset,
    ends: { outcome: 'accountExpired', event: 33005, reason: 'accountHasExpired', holds: 'unchanged' },
  },
  {
    situation: 'The account’s end date is still to come.',
    arranged: 'account expires later',
    asked: reset,
    ends: applied,
  },
  {
    situation: 'The account needs a smart card to sign in.',
    arranged: 'smart card',
    asked: reset,
    ends: { outcome: 'smartCardRequired', event: 33004, reason: 'smartCardRequired', holds: 'unchanged' },
  },
  {
    situation: 'The account was marked “must change password at next logon”, and the person forgot it.',
    arranged: 'must change',
    asked: reset,
    ends: applied,
  },
  {
    situation: 'The account is marked “user cannot change password”: that is about changes, not resets.',
    arranged: 'cannot change password',
    asked: reset,
    ends: applied,
  },
  {
    situation: 'The person is a member of Domain Admins.',
    arranged: 'in Domain Admins',
    asked: reset,
    ends: { ...isProtected, reason: 'protectedGroup' },
  },
  {
    situation: 'The person is in a group that is a member of Account Operators.',
    arranged: 'nested in Account Operators',
    asked: reset,
    ends: { ...isProtected, reason: 'protectedGroup' },
  },
  {
    situation: 'The person’s primary group is Domain Admins.',
    arranged: 'primary group Domain Admins',
    asked: reset,
    ends: { ...isProtected, reason: 'protectedGroup' },
  },
  {
    situation: 'The person left all protected groups, and adminCount stayed behind.',
    arranged: 'leftover adminCount',
    asked: reset,
    ends: { ...isProtected, reason: 'leftoverAdminCount' },
  },
  {
    situation: 'The account was deleted after it was imported.',
    arranged: 'deleted',
    asked: reset,
    ends: { ...notFound, reason: 'noSuchAccount', holds: 'noAccount' },
  },
  {
    situation: 'No account ever had this objectGUID.',
    arranged: 'never was',
    asked: reset,
    ends: { ...notFound, reason: 'noSuchAccount', holds: 'noAccount' },
  },
  {
    situation: 'The objectGUID is a computer’s.',
    arranged: 'a computer',
    asked: reset,
    ends: { ...notFound, reason: 'notAPerson', holds: 'unchanged' },
  },
  {
    situation: 'The person was renamed after the import.',
    arranged: 'renamed',
    asked: reset,
    ends: applied,
  },
  {
    situation: 'The person was moved to another OU after the import.',
    arranged: 'moved',
    asked: reset,
    ends: applied,
  },
  {
    situation: 'Person and OU are named `, + " \\ < > ; = / #`.',
    arranged: 'special characters',
    asked: reset,
    ends: applied,
  },
  {
    situation: 'Person and OU have names that begin with `#`.',
    arranged: 'leading #',
    asked: reset,
    ends: applied,
  },
  {
    situation: 'Person and OU have names with a space at either end.',
    arranged: 'spaces around the name',
    asked: reset,
    ends: applied,
  },
  {
    situation: 'Person and OU are named `😀 Émile 漢字`.',
    arranged: 'unicode name',
    asked: reset,
    ends: applied,
  },
  {
    situation: 'Person and OU have names of 64 characters.',
    arranged: '64 characters',
    asked: reset,
    ends: applied,
  },
  {
    situation: 'The new password has quotes, spaces, emoji, combining marks and right-to-left text.',
    arranged: 'ordinary',
    asked: reset,
    typed: ' "Cafe\u0301" 😀👩‍👩‍👧 שלום 1 ',
    ends: applied,
  },
  {
    situation: 'The new password has 256 characters, the most that the directory takes.',
    arranged: 'ordinary',
    asked: reset,
    typed: 'Aa1-'.repeat(64),
    ends: applied,
  },
  {
    situation: 'The agent’s account lacks Reset Password.',
    arranged: 'without resetPassword',
    asked: reset,
    ends: { ...notPermitted, reason: 'accessDenied', missing: ['resetPassword'] },
  },
  {
    situation: 'The agent’s account lacks write lockoutTime, and the account is not locked.',
    arranged: 'without writeLockoutTime',
    asked: reset,
    ends: applied,
  },
  {
    situation: 'The agent’s account lacks write lockoutTime, and the account is locked.',
    arranged: 'locked, without writeLockoutTime',
    asked: reset,
    ends: {
      ...notPermitted,
      reason: 'insufficientRights',
      missing: ['writeLockoutTime'],
      holds: 'oldPasswordLocked',
    },
  },
  {
    situation: 'The person’s OU blocks inheritance, so the agent’s account may not even read the account.',
    arranged: 'inheritance blocked',
    asked: reset,
    ends: { ...notPermitted, reason: 'accountUnreadable', missing: ['readAccount'] },
  },
  {
    situation: 'The request waited so long that it is no longer wanted.',
    arranged: 'ordinary',
    asked: { ...reset, tooLate: true },
    ends: { outcome: 'expired', event: 32008, reason: 'tooLate', holds: 'oldPassword' },
  },
];
