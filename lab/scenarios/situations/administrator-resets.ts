import type { Ending, Situation } from './situation.ts';

const applied = { outcome: 'applied', event: 31010, holds: 'newPassword' } as const satisfies Ending;
const adminReset = { operation: 'adminReset' } as const;
const mustChange = { operation: 'adminReset', mustChange: true } as const;

export const ADMINISTRATOR_RESETS: readonly Situation[] = [
  {
    situation: 'An administrator gives a password to keep.',
    arranged: 'ordinary',
    asked: adminReset,
    ends: applied,
  },
  {
    situation: 'An administrator gives a password that has to be changed at next logon.',
    arranged: 'ordinary',
    asked: mustChange,
    ends: { ...applied, holds: 'newPasswordToChange' },
  },
  {
    situation: 'A change at next logon is asked for, and the account’s password never expires.',
    arranged: 'never expires',
    asked: mustChange,
    ends: { ...applied, notes: ['neverExpires'] },
  },
  {
    situation: 'A change at next logon is asked for, and the account is locked.',
    arranged: 'locked',
    asked: mustChange,
    ends: { ...applied, notes: ['unlocked'], holds: 'newPasswordToChange' },
  },
  {
    situation: 'An administrator gives a password that is too short.',
    arranged: 'ordinary',
    asked: mustChange,
    typed: 'Kurz-1!',
    ends: {
      outcome: 'refusedByPolicy',
      event: 33008,
      refusal: { rules: ['tooShort'], minimumLength: 8 },
      holds: 'oldPassword',
    },
  },
  {
    situation: 'A change at next logon is asked for, and the agent’s account lacks write pwdLastSet.',
    arranged: 'without writePwdLastSet',
    asked: mustChange,
    ends: {
      outcome: 'notPermitted',
      event: 33004,
      reason: 'insufficientRights',
      missing: ['writePwdLastSet'],
      holds: 'oldPassword',
    },
  },
  {
    situation: 'An administrator resets a member of Domain Admins here.',
    arranged: 'in Domain Admins',
    asked: mustChange,
    ends: { outcome: 'protectedAccount', event: 33004, reason: 'protectedGroup', holds: 'oldPassword' },
  },
];
