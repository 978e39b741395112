import type { OutcomeKind } from '@homeward/protocol/outcome';
import {
  type AccountState,
  CONTROL,
  hasControl,
  isAccountExpired,
  isLocked,
  isPerson,
} from './account-state.ts';
import { unixToFiletime } from './filetime.ts';
import { isProtectedSid } from './protected-groups.ts';

/** Why this package refuses before it writes. The directory itself would write all of these but `notAPerson`. */
export const GUARDS = {
  noSuchAccount: 'notFound',
  notAPerson: 'notFound',
  protectedGroup: 'protectedAccount',
  /** `adminCount` is 1, but no group is protected any more: an administrator can clear it */
  leftoverAdminCount: 'protectedAccount',
  /** everybody has flags and is in a group: our account may not read them, and guessing would be unsafe */
  accountUnreadable: 'notPermitted',
  accountIsDisabled: 'disabled',
  accountHasExpired: 'accountExpired',
  smartCardRequired: 'smartCardRequired',
  accountIsLocked: 'locked',
} as const satisfies Record<string, OutcomeKind>;

export type GuardReason = keyof typeof GUARDS;

/** `now` in Unix ms. A locked account is refused for a change only: a reset unlocks it. */
export function guardAccount(
  state: AccountState | undefined,
  operation: 'reset' | 'change' | 'unlock',
  now: number,
): GuardReason | undefined {
  if (!state) return 'noSuchAccount';
  if (!isPerson(state)) return 'notAPerson';
  if (state.userAccountControl === undefined || state.groups.length === 0) return 'accountUnreadable';
  if ([state.sid, ...state.groups].some(isProtectedSid)) return 'protectedGroup';
  if (state.adminCount === 1) return 'leftoverAdminCount';
  if (hasControl(state, CONTROL.disabled)) return 'accountIsDisabled';
  if (isAccountExpired(state, unixToFiletime(now))) return 'accountHasExpired';
  if (operation !== 'unlock' && hasControl(state, CONTROL.smartCardRequired)) return 'smartCardRequired';
  if (operation === 'change' && isLocked(state)) return 'accountIsLocked';
  return undefined;
}
