import type { Situation } from './situation.ts';

const reset = { operation: 'reset' } as const;
const unreachable = { outcome: 'directoryUnreachable', event: 33001, holds: 'oldPassword' } as const;
const notTrusted = { outcome: 'directoryNotTrusted', event: 33009, holds: 'oldPassword' } as const;
const refused = { outcome: 'serviceAccountRefused', event: 33009, holds: 'oldPassword' } as const;

export const NO_WAY_THERE: readonly Situation[] = [
  {
    situation: 'The controller is down.',
    arranged: 'nobody listens',
    asked: reset,
    ends: { ...unreachable, reason: 'connectionRefused' },
  },
  {
    situation: 'The controller accepts the connection and never answers.',
    arranged: 'controller hangs',
    asked: reset,
    ends: { ...unreachable, reason: 'noAnswerInTime' },
  },
  {
    situation: 'The controller hangs up at once.',
    arranged: 'connection ended',
    asked: reset,
    ends: { ...unreachable, reason: 'connectionEnded' },
  },
  {
    situation: 'The controller shows a certificate of another name.',
    arranged: 'certificate of another name',
    asked: reset,
    ends: { ...notTrusted, reason: 'certificateWrongName' },
  },
  {
    situation: 'The controller’s certificate is of an authority that the agent does not know.',
    arranged: 'unknown authority',
    asked: reset,
    ends: { ...notTrusted, reason: 'certificateUnknownAuthority' },
  },
  {
    situation: 'The agent’s account has another password now.',
    arranged: 'agent password wrong',
    asked: reset,
    ends: { ...refused, reason: 'accountOrPasswordWrong' },
  },
  {
    situation: 'The agent’s account is disabled.',
    arranged: 'agent disabled',
    asked: reset,
    ends: { ...refused, reason: 'accountDisabled' },
  },
  {
    situation: 'The agent’s account has expired.',
    arranged: 'agent expired',
    asked: reset,
    ends: { ...refused, reason: 'accountExpired' },
  },
  {
    situation: 'The agent’s account is locked.',
    arranged: 'agent locked',
    asked: reset,
    ends: { ...refused, reason: 'accountLocked' },
  },
];
