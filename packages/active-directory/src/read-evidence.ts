import { parseAttributeMetadata, UNICODE_PWD_ATTID } from './attribute-metadata.ts';
import { bytesOf, integerOf, largeIntegerOf } from './entry.ts';
import { guidDn } from './guid.ts';
import type { LdapConnection } from './ldap-connection.ts';

/** What one controller holds about the last write of a password. */
export type WriteEvidence = {
  /** version of `unicodePwd`: one more with each write, also of the same password; only compare on one controller */
  version: number | undefined;
  /** Unix ms (whole seconds) and invocationId of the controller where it was written first */
  writtenAt: number | undefined;
  origin: string | undefined;
  /** 0 asks for a change at next logon. It is no evidence of a write: two such resets are 0 and 0 */
  pwdLastSet: bigint;
  lockoutTime: bigint;
};

const ATTRIBUTES = ['replPropertyMetaData', 'msDS-KeyVersionNumber', 'pwdLastSet', 'lockoutTime'];

/**
 * `replPropertyMetaData` first: dSHeuristics fKVNOEmuW2k pins msDS-KeyVersionNumber at 1
 * ([MS-ADTS] 3.1.1.4.5.16), and only the former has time and origin.
 */
export async function readWriteEvidence(
  connection: LdapConnection,
  objectGuid: string,
  behindWrite = false,
): Promise<WriteEvidence | undefined> {
  const entry = await connection.read(guidDn(objectGuid), ATTRIBUTES, [], behindWrite);
  if (!entry) return undefined;
  const vector = bytesOf(entry, 'replPropertyMetaData');
  const [written] = vector ? parseAttributeMetadata(vector, UNICODE_PWD_ATTID) : [];
  return {
    version: written?.version ?? integerOf(entry, 'msDS-KeyVersionNumber'),
    writtenAt: written?.at,
    origin: written?.controller,
    pwdLastSet: largeIntegerOf(entry, 'pwdLastSet') ?? 0n,
    lockoutTime: largeIntegerOf(entry, 'lockoutTime') ?? 0n,
  };
}
