import type { Password } from '@homeward/protocol/password';
import { Secret } from '@homeward/protocol/secret';
import { type ConnectionFailureReason, connectionFailureOf } from './connection-failure.ts';
import { LdapRefusal } from './errors.ts';
import { guidDn } from './guid.ts';
import { LdapConnection } from './ldap-connection.ts';
import type { Session } from './session-pool.ts';
import type { Timeouts } from './settings.ts';
import type { Target } from './write-account.ts';

/**
 * What a bind as the person said. All but `refused` and `locked` prove that the password is right; `locked`
 * proves nothing. A controller also accepts the previous password for an hour after a reset.
 */
export type PasswordVerdict =
  | 'accepted'
  | 'expired'
  | 'mustChange'
  | 'disabled'
  | 'accountExpired'
  | 'logonRestricted'
  | 'locked'
  | 'refused'
  | 'noSuchAccount';

const VERDICTS: Partial<Record<ConnectionFailureReason, PasswordVerdict>> = {
  accountPasswordExpired: 'expired',
  accountMustChangePassword: 'mustChange',
  accountDisabled: 'disabled',
  accountExpired: 'accountExpired',
  accountLogonRestricted: 'logonRestricted',
  accountLocked: 'locked',
  accountUnknown: 'noSuchAccount',
  accountOrPasswordWrong: 'refused',
};

/** One bind on a connection of its own. A wrong password counts against the person. */
export async function tryPassword(
  session: Session,
  target: Target,
  password: Password,
  ca: string | undefined,
  limits: Timeouts,
): Promise<PasswordVerdict> {
  const person = await session.connection.read(guidDn(target.objectGuid), ['objectGUID']);
  if (!person) return 'noSuchAccount';
  const account = { userPrincipalName: person.dn, password: new Secret(password.reveal()) };
  try {
    const connection = await LdapConnection.open(session.connection.endpoint, account, ca, limits);
    connection.close();
    return 'accepted';
  } catch (error) {
    const failure = connectionFailureOf(error, session.facts.host);
    const verdict = error instanceof LdapRefusal ? VERDICTS[failure.reason] : undefined;
    if (verdict) return verdict;
    throw failure;
  }
}
