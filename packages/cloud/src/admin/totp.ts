/** Codes of an authenticator app (RFC 6238): SHA-1, 6 digits, 30 seconds, as every app takes them. */
import { Secret, TOTP } from 'otpauth';

/** bytes, as RFC 4226 section 4 recommends */
export const SEED_SIZE = 20;
const PERIOD = 30;

/** @returns the 30-second step that the code belongs to, one before and one after now included */
export function stepOfCode(seed: Uint8Array, code: string, now: number): number | undefined {
  const totp = totpOf(seed);
  const delta = totp.validate({ token: code, window: 1, timestamp: now });
  return delta === null ? undefined : totp.counter({ timestamp: now }) + delta;
}

/** What an authenticator app reads as a QR code or takes as text. Whoever has it has the second gate. */
export function otpauthUri(seed: Uint8Array, { issuer, label }: { issuer: string; label: string }): string {
  return new TOTP({ ...settings(seed), issuer, label }).toString();
}

function totpOf(seed: Uint8Array): TOTP {
  return new TOTP(settings(seed));
}

function settings(seed: Uint8Array) {
  const secret = new Secret({ buffer: new Uint8Array(seed).buffer });
  return { secret, algorithm: 'SHA1', digits: 6, period: PERIOD };
}
