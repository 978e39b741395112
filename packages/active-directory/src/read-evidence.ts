import { parseAttributeMetadata, UNICODE_PWD_ATTID } from './attribute-metadata.ts';
import { bytesOf, type DirectoryEntry, guidOf, integerOf, largeIntegerOf } from './entry.ts';
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

const VERSIONED = ['replPropertyMetaData', 'pwdLastSet', 'lockoutTime'];
const NUMBERED = 'msDS-KeyVersionNumber';

/**
 * `replPropertyMetaData` first: dSHeuristics fKVNOEmuW2k pins msDS-KeyVersionNumber at 1
 * ([MS-ADTS] 3.1.1.4.5.16), and only the former has time and origin.
 */
export async function readWriteEvidence(
  connection: LdapConnection,
  objectGuid: string,
): Promise<WriteEvidence | undefined> {
  const entry = await connection.read(guidDn(objectGuid), [...VERSIONED, NUMBERED]);
  return entry && evidenceOf(entry);
}

/**
 * The same, on its way before a write on this connection was answered. By name, which a controller finds sooner;
 * undefined where another object has it now, or where its metadata may not be read.
 */
export async function readEvidenceBehindWrite(
  connection: LdapConnection,
  objectGuid: string,
  dn: string,
): Promise<WriteEvidence | undefined> {
  const entry = await connection.read(dn, [...VERSIONED, 'objectGUID'], [], true);
  if (!entry || guidOf(entry, 'objectGUID') !== objectGuid.toLowerCase()) return undefined;
  return bytesOf(entry, 'replPropertyMetaData') && evidenceOf(entry);
}

function evidenceOf(entry: DirectoryEntry): WriteEvidence {
  const vector = bytesOf(entry, 'replPropertyMetaData');
  const [written] = vector ? parseAttributeMetadata(vector, UNICODE_PWD_ATTID) : [];
  return {
    version: written?.version ?? integerOf(entry, NUMBERED),
    writtenAt: written?.at,
    origin: written?.controller,
    pwdLastSet: largeIntegerOf(entry, 'pwdLastSet') ?? 0n,
    lockoutTime: largeIntegerOf(entry, 'lockoutTime') ?? 0n,
  };
}
