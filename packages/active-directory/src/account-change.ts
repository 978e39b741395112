import { Buffer } from 'node:buffer';
import type { Password } from '@homeward/protocol/password';
import { Attribute, type BerWriter, Change, Control } from 'ldapts';
import type { PolicyHintsOid } from './controller-facts.ts';

/**
 * An attribute whose value never shows. ldapts turns every message into JSON for its debug output, also when
 * nobody reads that: without `toJSON` each password would be copied into a string of the heap.
 */
class PasswordAttribute extends Attribute {
  toJSON(): object {
    return { type: this.type, values: '[redacted]' };
  }
}

/** `"…"` in UTF-16LE: the form of unicodePwd over LDAP ([MS-ADTS] 3.1.1.3.1.5). No normalisation. */
export function quotedPassword(password: Password): Buffer {
  const bytes = password.utf16le();
  const quoted = Buffer.alloc(bytes.length + 4);
  quoted.writeUInt16LE(0x22, 0);
  quoted.set(bytes, 2);
  quoted.writeUInt16LE(0x22, bytes.length + 2);
  bytes.fill(0);
  return quoted;
}

function passwordChange(operation: 'add' | 'delete' | 'replace', password: Password): Change {
  const modification = new PasswordAttribute({ type: 'unicodePwd', values: [quotedPassword(password)] });
  return new Change({ operation, modification });
}

/** Replace is a reset: no knowledge of the current password ([MS-ADTS] 3.1.1.3.1.5.1). */
export function setPassword(password: Password): Change[] {
  return [passwordChange('replace', password)];
}

/** Delete and add in one modify is a change by somebody who knows the current one. */
export function changePassword(current: Password, next: Password): Change[] {
  return [passwordChange('delete', current), passwordChange('add', next)];
}

function replace(type: string, value: string): Change {
  return new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) });
}

export function unlockAccount(): Change {
  return replace('lockoutTime', '0');
}

export function mustChangeAtNextLogon(): Change {
  return replace('pwdLastSet', '0');
}

/** The bytes that we own; ldapts and TLS hold copies of their own. */
export function wipePasswords(changes: readonly Change[]): void {
  for (const { modification } of changes)
    if (modification instanceof PasswordAttribute)
      for (const value of modification.values) if (typeof value !== 'string') value.fill(0);
}

/**
 * LDAP_SERVER_POLICY_HINTS: makes a reset obey history, [MS-ADTS] 3.1.1.3.4.1.27. The value is
 * SEQUENCE { Flags INTEGER }, 1. Always critical: a controller that does not know it would ignore it silently.
 */
export class PolicyHintsControl extends Control {
  constructor(oid: PolicyHintsOid) {
    super(oid, { critical: true });
  }

  protected override writeControl(writer: BerWriter): void {
    writer.writeBuffer(Buffer.from([0x30, 0x03, 0x02, 0x01, 0x01]), 0x04);
  }
}
