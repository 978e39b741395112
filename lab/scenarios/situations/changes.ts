import type { Ending, Situation } from './situation.ts';

const applied = { outcome: 'applied', event: 31007, holds: 'newPassword' } as const satisfies Ending;
const refused = { outcome: 'refusedByPolicy', event: 33008, holds: 'oldPassword' } as const;
const change = { operation: 'change' } as const;

export const CHANGES: readonly Situation[] = [
  {
    situation: 'Somebody changes the password they know.',
    arranged: 'ordinary',
    asked: change,
    ends: applied,
  },
  {
    situation: 'The current password is not right. The try counts towards the lockout.',
    arranged: 'may be locked',
    asked: { operation: 'change', current: 'wrong' },
    ends: {
      outcome: 'wrongCurrentPassword',
      event: 33007,
      reason: 'currentPasswordWrong',
      holds: 'oldPassword',
    },
  },
  {
    situation: 'The new password has fewer characters than the policy wants.',
    arranged: 'ordinary',
    asked: change,
    typed: 'Kurz-1!',
    ends: { ...refused, refusal: { rules: ['tooShort'], minimumLength: 8 } },
  },
  {
    situation: 'The new password is one that the person had before.',
    arranged: 'has had other passwords',
    asked: change,
    typed: { again: 'earlier password' },
    ends: { ...refused, refusal: { rules: ['historyOrFilter'], historyLength: 24 } },
  },
  {
    situation: 'The password was changed a moment ago, and the new one is too short as well.',
    arranged: 'password younger than the minimum age',
    asked: change,
    typed: 'Kurz-1!',
    ends: { ...refused, refusal: { rules: ['tooYoung', 'tooShort'], minimumLength: 8 } },
  },
  {
    situation: 'The person has to change the password at next logon, and does it here.',
    arranged: 'must change',
    asked: change,
    ends: applied,
  },
  {
    situation: 'The account is marked “user cannot change password”.',
    arranged: 'cannot change password',
    asked: change,
    ends: {
      outcome: 'cannotChangePassword',
      event: 33004,
      reason: 'changeNotAllowed',
      missing: ['changePassword'],
      holds: 'oldPassword',
    },
  },
  {
    situation: 'The account is locked. The try is not made, so it does not count.',
    arranged: 'locked',
    asked: change,
    ends: { outcome: 'locked', event: 33006, reason: 'accountIsLocked', holds: 'oldPasswordLocked' },
  },
  {
    situation: 'The account is disabled.',
    arranged: 'disabled',
    asked: change,
    ends: { outcome: 'disabled', event: 33005, reason: 'accountIsDisabled', holds: 'unchanged' },
  },
  {
    situation: 'The account’s end date has passed.',
    arranged: 'account expired',
    asked: change,
    ends: { outcome: 'accountExpired', event: 33005, reason: 'accountHasExpired', holds: 'unchanged' },
  },
  {
    situation: 'The account needs a smart card to sign in.',
    arranged: 'smart card',
    asked: change,
    ends: { outcome: 'smartCardRequired', event: 33004, reason: 'smartCardRequired', holds: 'unchanged' },
  },
  {
    situation: 'The person left all protected groups, and adminCount stayed behind.',
    arranged: 'leftover adminCount',
    asked: change,
    ends: { outcome: 'protectedAccount', event: 33004, reason: 'leftoverAdminCount', holds: 'oldPassword' },
  },
];
