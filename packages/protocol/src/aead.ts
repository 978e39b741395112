/**
 * AES-256-GCM ([NIST SP 800-38D]) with a 96-bit nonce and a 128-bit tag behind the ciphertext, by WebCrypto. Where
 * the code runs in Node, package.json puts aead.node.ts in its place.
 */
import type { Bytes } from './bytes.ts';

export const AEAD_TAG_SIZE = 16;

declare const isKey: unique symbol;
/** Does not tell its bytes. Made by `importAeadKey` of the same place, and of use nowhere else. */
export type AeadKey = { readonly [isKey]: 'AES-256-GCM' };

/** @param raw 32 bytes; the caller may zero them afterwards */
export async function importAeadKey(raw: Bytes): Promise<AeadKey> {
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
  return key as unknown as AeadKey;
}

/** @returns ciphertext and tag */
export async function sealAead(key: AeadKey, iv: Bytes, additionalData: Bytes, plain: Bytes): Promise<Bytes> {
  const algorithm = { name: 'AES-GCM', iv, additionalData };
  return new Uint8Array(await crypto.subtle.encrypt(algorithm, key as unknown as CryptoKey, plain));
}

/** @throws where anything was altered */
export async function openAead(
  key: AeadKey,
  iv: Bytes,
  additionalData: Bytes,
  sealed: Bytes,
): Promise<Bytes> {
  const algorithm = { name: 'AES-GCM', iv, additionalData };
  return new Uint8Array(await crypto.subtle.decrypt(algorithm, key as unknown as CryptoKey, sealed));
}
