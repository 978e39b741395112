import { Secret } from './secret.ts';

/** Active Directory counts UTF-16 units and takes at most 256 ([MS-SAMR] 2.2.6.21, SAMPR_USER_PASSWORD). */
export const MAX_PASSWORD_UNITS = 256;

export type PasswordProblem = 'empty' | 'tooLong' | 'illFormed' | 'containsNul';

/**
 * A password as typed: well-formed UTF-16, 1 to 256 units, no NUL. Redacts itself.
 * Bytes are UTF-16LE because `unicodePwd` takes that ([MS-ADTS] 3.1.1.3.1.5), and because TextEncoder would
 * silently replace a lone surrogate: another password than the one typed.
 */
export class Password extends Secret<string> {
  private constructor(value: string) {
    super(value);
  }

  static parse(typed: string): Password | PasswordProblem {
    if (typed.length === 0) return 'empty';
    if (typed.length > MAX_PASSWORD_UNITS) return 'tooLong';
    if (!typed.isWellFormed()) return 'illFormed';
    if (typed.includes('\0')) return 'containsNul';
    return new Password(typed);
  }

  /** @throws {TypeError} on what `parse` refuses; for values that are known to be good */
  static of(typed: string): Password {
    const parsed = Password.parse(typed);
    if (typeof parsed === 'string') throw new TypeError(`not a usable password: ${parsed}`);
    return parsed;
  }

  static fromUtf16le(bytes: Uint8Array): Password | PasswordProblem {
    if (bytes.length % 2 !== 0) return 'illFormed';
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const units: number[] = [];
    for (let at = 0; at < bytes.length; at += 2) units.push(view.getUint16(at, true));
    return Password.parse(String.fromCharCode(...units));
  }

  utf16le(): Uint8Array<ArrayBuffer> {
    const text = this.reveal();
    const bytes = new Uint8Array(text.length * 2);
    const view = new DataView(bytes.buffer);
    for (let unit = 0; unit < text.length; unit++) view.setUint16(unit * 2, text.charCodeAt(unit), true);
    return bytes;
  }
}
