/**
 * The inner envelope: passwords that only an agent can read. Shared by seal.ts and open.ts, which are adjacent
 * for the reader and apart for the bundler: nothing but the agent may contain open.ts.
 *
 *   offset    size
 *        0       1  version = 1
 *        1       1  suite = 1
 *        2       1  recipients, 1 or 2
 *        3       1  bucket: 0 → 272, 1 → 528, 2 → 1040 bytes
 *        4   264·r  per recipient: key id (first 8 bytes of SHA-256 of the SPKI), RSA-OAEP-256 of the content key
 *   4+264r      12  nonce
 *  16+264r  bucket  ciphertext
 *        …      16  tag
 *
 * Plaintext, padded with zeros to the bucket, or the relay would read the password's length: u16 byte length
 * and new password, u16 byte length and current password, both UTF-16LE.
 */
import { type Bytes, concat, context, sha256, viewOf, writeTime } from './bytes.ts';
import { type Id, idToBytes } from './id.ts';
import { OPERATIONS, type Operation } from './operation.ts';

export const INNER_VERSION = 1;
export const INNER_SUITE = 1;
export const INNER_HEAD_SIZE = 4;
export const KEY_ID_SIZE = 8;
export const WRAPPED_KEY_SIZE = 256;
export const RECIPIENT_SIZE = KEY_ID_SIZE + WRAPPED_KEY_SIZE;
export const NONCE_SIZE = 12;
export const TAG_SIZE = 16;
export const BUCKETS = [272, 528, 1_040] as const;
export const MAX_RECIPIENTS = 2;

/** What the passwords are bound to: changing any of it makes the envelope unreadable. */
export type SealBinding = {
  tenantId: Id;
  requestId: Id;
  operation: Operation;
  flags: number;
  cloudAnchor: Id;
  /** Unix ms */
  issued: number;
  /** Unix ms */
  expires: number;
};

/** First 8 bytes of SHA-256 of the key's SubjectPublicKeyInfo (RFC 5280), as the sealers and openers name it. */
export async function passwordKeyId(spki: Uint8Array): Promise<Bytes> {
  return (await sha256(spki)).slice(0, KEY_ID_SIZE);
}

/** "homeward/password/v1\0", bytes 0 to 3, the binding, and the key ids in order. */
export function associatedData(head: Uint8Array, binding: SealBinding, keyIds: readonly Uint8Array[]): Bytes {
  const bound = new Uint8Array(66);
  const view = viewOf(bound);
  bound.set(idToBytes(binding.tenantId), 0);
  bound.set(idToBytes(binding.requestId), 16);
  bound[32] = OPERATIONS[binding.operation].code;
  bound[33] = binding.flags;
  bound.set(idToBytes(binding.cloudAnchor), 34);
  writeTime(view, 50, binding.issued);
  writeTime(view, 58, binding.expires);
  return concat(context('homeward/password/v1'), head, bound, ...keyIds);
}
