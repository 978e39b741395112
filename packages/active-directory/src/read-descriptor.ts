import { type BerWriter, Control } from 'ldapts';
import { bytesOf, type DirectoryEntry } from './entry.ts';
import type { LdapConnection } from './ldap-connection.ts';
import { parseSecurityDescriptor, type SecurityDescriptor } from './security-descriptor.ts';

/** Parts of a descriptor, [MS-ADTS] 3.1.1.3.4.1.11. The SACL needs a privilege that is not asked for. */
export const PARTS = { owner: 1, group: 2, dacl: 4 } as const;
export const READABLE_PARTS = PARTS.owner | PARTS.group | PARTS.dacl;

/** LDAP_SERVER_SD_FLAGS: which parts of nTSecurityDescriptor are read or written. Value: SEQUENCE { INTEGER }. */
export class SecurityDescriptorFlagsControl extends Control {
  readonly #parts: number;

  constructor(parts: number) {
    super('1.2.840.113556.1.4.801', { critical: true });
    this.#parts = parts;
  }

  protected override writeControl(writer: BerWriter): void {
    writer.writeBuffer(Buffer.from([0x30, 0x03, 0x02, 0x01, this.#parts]), 0x04);
  }
}

/** LDAP_SERVER_SHOW_DELETED ([MS-ADTS] 3.1.1.3.4.1.14): `CN=Deleted Objects` is itself a deleted object. */
export function showDeleted(): Control {
  return new Control('1.2.840.113556.1.4.417', { critical: true });
}

/** undefined where the object does not exist, or its descriptor may not be read. */
export async function readDescriptor(
  connection: LdapConnection,
  dn: string,
  controls: readonly Control[] = [],
): Promise<SecurityDescriptor | undefined> {
  const flags = new SecurityDescriptorFlagsControl(READABLE_PARTS);
  const entry = await connection.read(dn, ['nTSecurityDescriptor'], [flags, ...controls]);
  return entry && descriptorOf(entry);
}

export function descriptorOf(entry: DirectoryEntry): SecurityDescriptor | undefined {
  const bytes = bytesOf(entry, 'nTSecurityDescriptor');
  return bytes && parseSecurityDescriptor(bytes);
}
