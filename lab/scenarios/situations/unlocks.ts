import type { Ending, Situation } from './situation.ts';

const applied = { outcome: 'applied', event: 31002, holds: 'oldPassword' } as const satisfies Ending;
const unlock = { operation: 'unlock' } as const;

export const UNLOCKS: readonly Situation[] = [
  {
    situation: 'The account is locked, and the person remembers the password.',
    arranged: 'locked',
    asked: unlock,
    ends: { ...applied, notes: ['unlocked'], holds: 'oldPasswordUnlocked' },
  },
  { situation: 'The account is not locked.', arranged: 'ordinary', asked: unlock, ends: applied },
  {
    situation: 'The account is locked and needs a smart card to sign in.',
    arranged: 'locked with smart card',
    asked: unlock,
    ends: { ...applied, notes: ['unlocked'], holds: 'unchangedUnlocked' },
  },
  {
    situation: 'The account has to change its password at next logon.',
    arranged: 'must change',
    asked: unlock,
    ends: { ...applied, holds: 'oldPasswordToChange' },
  },
  {
    situation: 'The person is a member of Domain Admins.',
    arranged: 'in Domain Admins',
    asked: unlock,
    ends: { outcome: 'protectedAccount', event: 33004, reason: 'protectedGroup', holds: 'oldPassword' },
  },
  {
    situation: 'The account is disabled.',
    arranged: 'disabled',
    asked: unlock,
    ends: { outcome: 'disabled', event: 33005, reason: 'accountIsDisabled', holds: 'unchanged' },
  },
  {
    situation: 'The account was deleted after it was imported.',
    arranged: 'deleted',
    asked: unlock,
    ends: { outcome: 'notFound', event: 33002, reason: 'noSuchAccount', holds: 'noAccount' },
  },
  {
    situation: 'The agent’s account lacks write lockoutTime.',
    arranged: 'without writeLockoutTime',
    asked: unlock,
    ends: {
      outcome: 'notPermitted',
      event: 33004,
      reason: 'insufficientRights',
      missing: ['writeLockoutTime'],
      holds: 'oldPassword',
    },
  },
];
