import { type DirectoryEntry, integerOf, largeIntegerOf, textOf } from './entry.ts';
import { LdapRefusal } from './errors.ts';
import { durationToMs, filetimeToUnix, NEVER } from './filetime.ts';
import { guidDn } from './guid.ts';
import type { LdapConnection } from './ldap-connection.ts';

/** Password rules of a domain or of a PSO. Durations in milliseconds; absent means "never" or "none". */
export type PasswordRules = {
  minimumLength: number;
  complexity: boolean;
  historyLength: number;
  minimumAge?: number;
  maximumAge?: number;
  lockout?: { threshold: number; duration?: number; window?: number };
};

/**
 * The rules that apply to one person. A PSO's rules are absent where our account may not read it: the domain's
 * would be the wrong ones, so nobody is told those.
 */
export type ResolvedPolicy = {
  source: 'domain' | 'pso';
  /** DN of the domain head or of the PSO */
  dn: string;
  rules?: PasswordRules;
};

/** What the rules mean for this person now. Times in Unix ms. */
export type PersonPolicy = ResolvedPolicy & {
  /** names whose parts complexity forbids in the password */
  names: { accountName: string; displayName?: string };
  /** when a change by the person is next allowed; absent: now */
  nextChangeAllowedAt?: number;
  /** when the password expires; absent: never, or at the next logon where `mustChange` */
  expiresAt?: number;
  mustChange: boolean;
};

const DOMAIN_RULES = [
  'minPwdLength',
  'pwdProperties',
  'pwdHistoryLength',
  'minPwdAge',
  'maxPwdAge',
  'lockoutThreshold',
  'lockoutDuration',
  'lockOutObservationWindow',
];
const PSO_RULES = [
  'msDS-MinimumPasswordLength',
  'msDS-PasswordComplexityEnabled',
  'msDS-PasswordHistoryLength',
  'msDS-MinimumPasswordAge',
  'msDS-MaximumPasswordAge',
  'msDS-LockoutThreshold',
  'msDS-LockoutDuration',
  'msDS-LockoutObservationWindow',
];
const PERSON = [
  'sAMAccountName',
  'displayName',
  'pwdLastSet',
  'msDS-ResultantPSO',
  'msDS-UserPasswordExpiryTimeComputed',
];

/** DOMAIN_PASSWORD_COMPLEX of pwdProperties ([MS-SAMR] 2.2.4.2). */
const COMPLEX = 1;

/** @returns undefined where there is no such person */
export async function readPersonPolicy(
  connection: LdapConnection,
  baseDn: string,
  objectGuid: string,
): Promise<PersonPolicy | undefined> {
  const person = await connection.read(guidDn(objectGuid), PERSON);
  if (!person) return undefined;
  const pso = textOf(person, 'msDS-ResultantPSO');
  const policy =
    pso === undefined ? await readDomainPolicy(connection, baseDn) : await readPso(connection, pso);
  const pwdLastSet = largeIntegerOf(person, 'pwdLastSet') ?? 0n;
  const expiry = largeIntegerOf(person, 'msDS-UserPasswordExpiryTimeComputed') ?? NEVER;
  const displayName = textOf(person, 'displayName');
  const minimumAge = policy.rules?.minimumAge;
  return {
    ...policy,
    names: {
      accountName: textOf(person, 'sAMAccountName') ?? '',
      ...(displayName === undefined ? {} : { displayName }),
    },
    // A password that must be changed at next logon has no age ([MS-SAMR] 3.1.1.7.1, LastSet 0).
    ...(minimumAge === undefined || pwdLastSet === 0n
      ? {}
      : { nextChangeAllowedAt: filetimeToUnix(pwdLastSet) + minimumAge }),
    ...(expiry === NEVER || expiry <= 0n ? {} : { expiresAt: filetimeToUnix(expiry) }),
    mustChange: pwdLastSet === 0n,
  };
}

export async function readDomainPolicy(connection: LdapConnection, baseDn: string): Promise<ResolvedPolicy> {
  const head = await connection.read(baseDn, DOMAIN_RULES);
  return {
    source: 'domain',
    dn: baseDn,
    ...(head ? { rules: rulesOf(head, DOMAIN_RULES, isComplexDomain(head)) } : {}),
  };
}

async function readPso(connection: LdapConnection, dn: string): Promise<ResolvedPolicy> {
  const pso = await connection.read(dn, PSO_RULES).catch((error: unknown) => {
    if (error instanceof LdapRefusal) return undefined;
    throw error;
  });
  const complexity = pso && textOf(pso, 'msDS-PasswordComplexityEnabled');
  // An object whose attributes may not be read comes back empty.
  if (!pso || complexity === undefined) return { source: 'pso', dn };
  return { source: 'pso', dn, rules: rulesOf(pso, PSO_RULES, complexity === 'TRUE') };
}

function isComplexDomain(head: DirectoryEntry): boolean {
  return ((integerOf(head, 'pwdProperties') ?? 0) & COMPLEX) !== 0;
}

/** `names` in the order of the lists above: both kinds of policy hold the same eight values. */
function rulesOf(entry: DirectoryEntry, names: readonly string[], complexity: boolean): PasswordRules {
  const [length, , history, minimum, maximum, threshold, duration, window] = names;
  const number = (name: string | undefined) => (name === undefined ? 0 : (integerOf(entry, name) ?? 0));
  const time = (name: string | undefined) => durationToMs((name && largeIntegerOf(entry, name)) || 0n);
  const minimumAge = time(minimum);
  const maximumAge = time(maximum);
  const lockoutDuration = time(duration);
  const lockoutWindow = time(window);
  return {
    minimumLength: number(length),
    complexity,
    historyLength: number(history),
    ...(minimumAge === undefined ? {} : { minimumAge }),
    ...(maximumAge === undefined ? {} : { maximumAge }),
    ...(number(threshold) === 0
      ? {}
      : {
          lockout: {
            threshold: number(threshold),
            ...(lockoutDuration === undefined ? {} : { duration: lockoutDuration }),
            ...(lockoutWindow === undefined ? {} : { window: lockoutWindow }),
          },
        }),
  };
}
