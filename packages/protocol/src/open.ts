import { importAeadKey, openAead } from '#aead';
import { type Bytes, randomBytes, toHex, viewOf } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import {
  associatedData,
  BUCKETS,
  INNER_HEAD_SIZE,
  INNER_SUITE,
  INNER_VERSION,
  KEY_ID_SIZE,
  MAX_RECIPIENTS,
  NONCE_SIZE,
  RECIPIENT_SIZE,
  type SealBinding,
  TAG_SIZE,
} from './inner-envelope.ts';
import { Password } from './password.ts';

/** @param pkcs8 RSA-2048 private key, DER */
export function importPasswordKey(pkcs8: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('pkcs8', pkcs8, { name: 'RSA-OAEP', hash: 'SHA-256' }, false, ['decrypt']);
}

/**
 * Opens an inner envelope that `seal` made under the same binding.
 *
 * Whatever is wrong (layout, recipients, wrapped key, binding, plaintext) ends in the one error
 * ERR_ENVELOPE_OPEN, and a wrapped key that does not open is replaced by a random one so that the same steps
 * run: who sends envelopes learns nothing about the padding (RFC 8017 section 7.1.2, note).
 *
 * @param keyOf the private key with this id (8 bytes as hex), or undefined
 */
export async function open(
  inner: Uint8Array,
  binding: SealBinding,
  keyOf: (keyId: string) => CryptoKey | undefined,
): Promise<{ next?: Password; current?: Password }> {
  const layout = read(inner);
  const mine = layout.slots.flatMap((slot) => {
    const privateKey = keyOf(toHex(slot.keyId));
    return privateKey === undefined ? [] : [{ ...slot, privateKey }];
  })[0];
  if (mine === undefined) throw unreadable();
  const contentKey = await crypto.subtle
    .decrypt({ name: 'RSA-OAEP' }, mine.privateKey, mine.wrapped)
    .then((raw) => new Uint8Array(raw))
    .catch(() => randomBytes(32));
  const usable = contentKey.length === 32 ? contentKey : randomBytes(32);
  const additionalData = associatedData(
    layout.head,
    binding,
    layout.slots.map(({ keyId }) => keyId),
  );
  try {
    const key = await importAeadKey(usable);
    const plaintext = await openAead(key, layout.nonce, additionalData, layout.sealed);
    const passwords = readPasswords(plaintext);
    plaintext.fill(0);
    return passwords;
  } catch {
    throw unreadable();
  } finally {
    contentKey.fill(0);
    usable.fill(0);
  }
}

function read(inner: Uint8Array) {
  const [version, suite, count = 0, bucket = 0] = inner;
  const size = BUCKETS[bucket];
  if (version !== INNER_VERSION || suite !== INNER_SUITE || size === undefined) throw unreadable();
  if (count < 1 || count > MAX_RECIPIENTS) throw unreadable();
  const nonceAt = INNER_HEAD_SIZE + RECIPIENT_SIZE * count;
  const sealedAt = nonceAt + NONCE_SIZE;
  if (inner.length !== sealedAt + size + TAG_SIZE) throw unreadable();
  const part = (from: number, to: number): Bytes => new Uint8Array(inner.subarray(from, to));
  const slots = Array.from({ length: count }, (_, index) => {
    const at = INNER_HEAD_SIZE + RECIPIENT_SIZE * index;
    return { keyId: part(at, at + KEY_ID_SIZE), wrapped: part(at + KEY_ID_SIZE, at + RECIPIENT_SIZE) };
  });
  return {
    head: part(0, INNER_HEAD_SIZE),
    slots,
    nonce: part(nonceAt, sealedAt),
    sealed: part(sealedAt, inner.length),
  };
}

function readPasswords(plaintext: Bytes): { next?: Password; current?: Password } {
  const view = viewOf(plaintext);
  const nextLength = view.getUint16(0);
  const currentLength = view.getUint16(2 + nextLength);
  const end = 4 + nextLength + currentLength;
  if (end > plaintext.length || plaintext.subarray(end).some((byte) => byte !== 0)) throw unreadable();
  const next = readPassword(plaintext.subarray(2, 2 + nextLength));
  const current = readPassword(plaintext.subarray(4 + nextLength, end));
  return { ...(next && { next }), ...(current && { current }) };
}

function readPassword(bytes: Uint8Array): Password | undefined {
  if (bytes.length === 0) return undefined;
  const password = Password.fromUtf16le(bytes);
  if (typeof password === 'string') throw unreadable();
  return password;
}

function unreadable(): ProtocolError {
  return new ProtocolError('ERR_ENVELOPE_OPEN', 'the envelope does not open');
}
