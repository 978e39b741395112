import { importAeadKey, sealAead } from '#aead';
import { type Bytes, concat, randomBytes, viewOf } from './bytes.ts';
import {
  associatedData,
  BUCKETS,
  INNER_SUITE,
  INNER_VERSION,
  MAX_RECIPIENTS,
  NONCE_SIZE,
  passwordKeyId,
  type SealBinding,
} from './inner-envelope.ts';
import type { Password } from './password.ts';

export type { SealBinding } from './inner-envelope.ts';

/** An agent's public password key. */
export type Recipient = { keyId: Bytes; publicKey: CryptoKey };

export type Passwords = { next?: Password; current?: Password };

/** @param spki SubjectPublicKeyInfo of an RSA-2048 key, DER */
export async function importRecipient(spki: Bytes): Promise<Recipient> {
  const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' };
  const publicKey = await crypto.subtle.importKey('spki', spki, algorithm, false, ['encrypt']);
  if ((publicKey.algorithm as RsaHashedKeyAlgorithm).modulusLength !== 2_048) {
    throw new TypeError('a password key is RSA-2048');
  }
  return { keyId: await passwordKeyId(spki), publicKey };
}

/**
 * Seals passwords to one or two agents under a fresh content key.
 * Size: 832 bytes for two recipients and one password of up to 134 UTF-16 units, whatever it is.
 * @throws {TypeError} on no recipient or more than two
 */
export async function seal(
  passwords: Passwords,
  binding: SealBinding,
  recipients: readonly Recipient[],
): Promise<Bytes> {
  if (recipients.length < 1 || recipients.length > MAX_RECIPIENTS)
    throw new TypeError('one or two recipients');
  const { bucket, plaintext } = padded(passwords);
  const contentKey = randomBytes(32);
  const wrapped = await Promise.all(
    recipients.map(({ publicKey }) => crypto.subtle.encrypt({ name: 'RSA-OAEP' }, publicKey, contentKey)),
  );
  const head = Uint8Array.of(INNER_VERSION, INNER_SUITE, recipients.length, bucket);
  const nonce = randomBytes(NONCE_SIZE);
  const key = await importAeadKey(contentKey);
  contentKey.fill(0);
  const additionalData = associatedData(
    head,
    binding,
    recipients.map(({ keyId }) => keyId),
  );
  const sealed = await sealAead(key, nonce, additionalData, plaintext);
  plaintext.fill(0);
  const slots = recipients.flatMap(({ keyId }, at) => [keyId, new Uint8Array(wrapped[at] ?? [])]);
  return concat(head, ...slots, nonce, sealed);
}

function padded({ next, current }: Passwords): { bucket: number; plaintext: Bytes } {
  const parts = [next, current].map((password) => password?.utf16le() ?? new Uint8Array(0));
  const needed = parts.reduce((length, part) => length + 2 + part.length, 0);
  const bucket = BUCKETS.findIndex((size) => size >= needed);
  const plaintext = new Uint8Array(BUCKETS[bucket] ?? 0);
  const view = viewOf(plaintext);
  let at = 0;
  for (const part of parts) {
    view.setUint16(at, part.length);
    plaintext.set(part, at + 2);
    at += 2 + part.length;
    part.fill(0);
  }
  return { bucket, plaintext };
}
