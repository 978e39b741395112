import { type DirectoryEntry, integerOf, largeIntegerOf, sidOf, sidsOf, textOf, textsOf } from './entry.ts';
import { NEVER } from './filetime.ts';
import { guidDn } from './guid.ts';
import type { Eligibility } from './kept-eligibility.ts';
import type { LdapConnection } from './ldap-connection.ts';

/** A person's account as one read before a write shows it. FILETIMEs stay as they are. */
export type AccountState = {
  dn: string;
  sid: string;
  sAMAccountType: number;
  /** absent where our account may not read it: every person has one */
  userAccountControl: number | undefined;
  /** `msDS-User-Account-Control-Computed`: locked as of now, by the policy that applies; 0 without a lockoutTime */
  computedControl: number;
  accountExpires: bigint;
  adminCount: number;
  /** SIDs of all groups, nested and primary too */
  groups: readonly string[];
  pwdLastSet: bigint;
  lockoutTime: bigint;
  /** version of `unicodePwd` on this controller ([MS-ADTS] 3.1.1.4.5.16) */
  version: number | undefined;
  /** the fence attribute that this write uses, and its value now; none where there is no fence */
  markerAttribute: string | undefined;
  marker: string | undefined;
};

/** The fence attribute by name; `ifWritable`: only where our account may write it on this very person. */
export type MarkerChoice = { attribute: string; ifWritable: boolean };

/** [MS-ADTS] 2.2.16, and 3.1.1.4.5.17 for the computed ones. */
export const CONTROL = {
  disabled: 0x2,
  neverExpires: 0x1_0000,
  smartCardRequired: 0x4_0000,
  locked: 0x10,
  passwordExpired: 0x80_0000,
} as const;

/** SAM_NORMAL_USER_ACCOUNT: neither computer nor trust ([MS-SAMR] 2.2.1.9). */
const NORMAL_USER = 0x3000_0000;

const COMPUTED = 'msDS-User-Account-Control-Computed';

const ATTRIBUTES = [
  'sAMAccountType',
  'userAccountControl',
  'accountExpires',
  'adminCount',
  'pwdLastSet',
  'lockoutTime',
  'msDS-KeyVersionNumber',
];

/** The controller takes as long for the latter as for all above. */
const BELONGING = ['objectSid', 'tokenGroups'];

/** What our account may write on this object, as its rights are now ([MS-ADTS] 3.1.1.4.5.19). */
const WRITABLE = 'allowedAttributesEffective';

/**
 * The account, or undefined where there is none with this objectGUID.
 * @param kept what was read of this person in the same flow, and is not asked again
 */
export async function readAccountState(
  connection: LdapConnection,
  objectGuid: string,
  marker?: MarkerChoice,
  kept?: Eligibility,
): Promise<AccountState | undefined> {
  const names = [
    ...ATTRIBUTES,
    ...(kept ? [] : BELONGING),
    ...(marker ? [marker.attribute] : []),
    ...(marker?.ifWritable && !kept ? [WRITABLE] : []),
  ];
  const entry = await connection.read(guidDn(objectGuid), names);
  if (!entry) return undefined;
  // The controller takes longer for this one than for most others together, and it can only be set where a lockout
  // was once recorded.
  const mayBeLocked = (largeIntegerOf(entry, 'lockoutTime') ?? 0n) > 0n;
  const computed = mayBeLocked ? await connection.read(guidDn(objectGuid), [COMPUTED]) : undefined;
  return accountStateOf(entry, computed ? (integerOf(computed, COMPUTED) ?? 0) : 0, marker, kept);
}

function accountStateOf(
  entry: DirectoryEntry,
  computedControl: number,
  marker: MarkerChoice | undefined,
  kept: Eligibility | undefined,
): AccountState {
  const mayBeFenced = ({ attribute, ifWritable }: MarkerChoice) =>
    !ifWritable || (kept ? kept.markerAttribute === attribute : isWritable(entry, attribute));
  const fenced = marker && mayBeFenced(marker) ? marker.attribute : undefined;
  return {
    dn: entry.dn,
    sid: kept?.sid ?? sidOf(entry, 'objectSid') ?? '',
    sAMAccountType: integerOf(entry, 'sAMAccountType') ?? 0,
    userAccountControl: integerOf(entry, 'userAccountControl'),
    computedControl,
    accountExpires: largeIntegerOf(entry, 'accountExpires') ?? 0n,
    adminCount: integerOf(entry, 'adminCount') ?? 0,
    groups: kept?.groups ?? sidsOf(entry, 'tokenGroups'),
    pwdLastSet: largeIntegerOf(entry, 'pwdLastSet') ?? 0n,
    lockoutTime: largeIntegerOf(entry, 'lockoutTime') ?? 0n,
    version: integerOf(entry, 'msDS-KeyVersionNumber'),
    markerAttribute: fenced,
    marker: fenced === undefined ? undefined : textOf(entry, fenced),
  };
}

function isWritable(entry: DirectoryEntry, attribute: string): boolean {
  const wanted = attribute.toLowerCase();
  return textsOf(entry, WRITABLE).some((name) => name.toLowerCase() === wanted);
}

export function isPerson(state: AccountState): boolean {
  return state.sAMAccountType === NORMAL_USER;
}

export function isLocked(state: AccountState): boolean {
  return (state.computedControl & CONTROL.locked) !== 0;
}

export function hasControl(state: AccountState, bit: number): boolean {
  return ((state.userAccountControl ?? 0) & bit) !== 0;
}

/** `now` as FILETIME. 0 and the largest value both mean never ([MS-ADTS] 2.2.16, accountExpires). */
export function isAccountExpired(state: AccountState, now: bigint): boolean {
  return state.accountExpires !== 0n && state.accountExpires !== NEVER && state.accountExpires <= now;
}
