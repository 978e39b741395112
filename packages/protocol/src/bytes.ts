/** Byte strings of the contract. WebCrypto wants views over a plain ArrayBuffer, hence the narrow type. */
export type Bytes = Uint8Array<ArrayBuffer>;

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

export async function sha256(data: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(data)));
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** @throws {TypeError} unless an even number of lower-case hex digits */
export function fromHex(text: string): Bytes {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new TypeError('not lower-case hex');
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

/** base64url without padding (RFC 4648 section 5) */
export function toBase64url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** @throws {TypeError} unless canonical base64url without padding: one text per byte string */
export function fromBase64url(text: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new TypeError('not base64url');
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  // Only in its last group can a text have bits too many.
  const lastBytes = bytes.subarray(bytes.length - (bytes.length % 3));
  if (toBase64url(lastBytes) !== text.slice(text.length - (text.length % 4)))
    throw new TypeError('not canonical base64url');
  return bytes;
}

/** `text` in ASCII and a closing zero: the context string that keeps one key's uses apart. */
export function context(text: string): Bytes {
  return Uint8Array.from(`${text}\0`, (unit) => unit.charCodeAt(0));
}

/** A Unix time in ms as eight bytes, big-endian. Safe integers only: later than any clock will show. */
export function writeTime(view: DataView, offset: number, unixMs: number): void {
  view.setBigUint64(offset, BigInt(unixMs));
}

/** The time at `offset`; NaN when it is beyond what a number holds exactly, which fails every comparison. */
export function readTime(view: DataView, offset: number): number {
  const time = view.getBigUint64(offset);
  return time > BigInt(Number.MAX_SAFE_INTEGER) ? Number.NaN : Number(time);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
