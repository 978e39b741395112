import type { Ending, Situation } from './situation.ts';

const applied = { outcome: 'applied', event: 31002, holds: 'oldPassword' } as const satisfies Ending;
const refused = { outcome: 'refusedByPolicy', event: 33008, holds: 'oldPassword' } as const;
const ofReset = { operation: 'dryRun', of: 'reset' } as const;
const ofChange = { operation: 'dryRun', of: 'change' } as const;

export const DRY_RUNS: readonly Situation[] = [
  { situation: 'Would a reset succeed? It would.', arranged: 'ordinary', asked: ofReset, ends: applied },
  {
    situation: 'Would a reset succeed with a short password?',
    arranged: 'ordinary',
    asked: ofReset,
    typed: 'Kurz-1!',
    ends: { ...refused, refusal: { rules: ['tooShort'], minimumLength: 8 } },
  },
  {
    situation: 'Would a reset succeed with the person’s name in it? Samba has no rule against names.',
    arranged: 'named Ann Lee',
    asked: ofReset,
    typed: 'Ann-of-2026-Spring',
    ends: applied,
  },
  {
    situation: 'Would a reset succeed with an earlier password? History cannot be known before the write.',
    arranged: 'has had other passwords',
    asked: ofReset,
    typed: { again: 'earlier password' },
    ends: applied,
  },
  {
    situation: 'Would a reset succeed a moment after a change? Only the write tells whether the age counts.',
    arranged: 'password younger than the minimum age',
    asked: ofReset,
    ends: applied,
  },
  {
    situation: 'Would a change succeed a moment after another one?',
    arranged: 'password younger than the minimum age',
    asked: ofChange,
    ends: { ...refused, refusal: { rules: ['tooYoung'] } },
  },
  {
    situation: 'Would a change succeed where the account is marked “user cannot change password”?',
    arranged: 'cannot change password',
    asked: ofChange,
    ends: {
      outcome: 'cannotChangePassword',
      event: 33004,
      reason: 'changeNotAllowed',
      missing: ['changePassword'],
      holds: 'oldPassword',
    },
  },
  {
    situation: 'Would a reset succeed for a disabled account?',
    arranged: 'disabled',
    asked: ofReset,
    ends: { outcome: 'disabled', event: 33005, reason: 'accountIsDisabled', holds: 'unchanged' },
  },
  {
    situation: 'Would a reset with the fence attribute succeed where the account may not write it?',
    arranged: 'ordinary',
    asked: { operation: 'dryRun', of: 'reset', marker: true },
    ends: {
      outcome: 'notPermitted',
      event: 33004,
      reason: 'insufficientRights',
      missing: ['writeMarker'],
      holds: 'oldPassword',
    },
  },
  {
    situation: 'Would a reset succeed where the agent’s account lacks Reset Password?',
    arranged: 'without resetPassword',
    asked: ofReset,
    ends: {
      outcome: 'notPermitted',
      event: 33004,
      reason: 'insufficientRights',
      missing: ['resetPassword'],
      holds: 'oldPassword',
    },
  },
  {
    situation: 'Would an unlock succeed? It would, and nobody is unlocked by asking.',
    arranged: 'locked',
    asked: { operation: 'dryRun', of: 'unlock' },
    ends: { ...applied, holds: 'oldPasswordLocked' },
  },
  {
    situation: 'Would a reset succeed while no controller can be reached?',
    arranged: 'nobody listens',
    asked: ofReset,
    ends: {
      outcome: 'directoryUnreachable',
      event: 33001,
      reason: 'connectionRefused',
      holds: 'oldPassword',
    },
  },
];
