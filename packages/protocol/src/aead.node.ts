/**
 * What aead.ts does, by Node's own functions: they answer at once, where WebCrypto goes by the thread pool, which
 * takes several times as long as a kilobyte of AES.
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import type * as Web from './aead.ts';

const CIPHER = 'aes-256-gcm';
export const AEAD_TAG_SIZE = 16;
const OPTIONS = { authTagLength: AEAD_TAG_SIZE };

export const importAeadKey: typeof Web.importAeadKey = async (raw) => {
  if (raw.length !== 32) throw new TypeError('a key of AES-256 has 32 bytes');
  return createSecretKey(raw) as unknown as Web.AeadKey;
};

export const sealAead: typeof Web.sealAead = async (key, iv, additionalData, plain) => {
  const cipher = createCipheriv(CIPHER, key as unknown as KeyObject, iv, OPTIONS);
  cipher.setAAD(additionalData);
  const sealed = new Uint8Array(plain.length + AEAD_TAG_SIZE);
  sealed.set(cipher.update(plain));
  cipher.final();
  sealed.set(cipher.getAuthTag(), plain.length);
  return sealed;
};

export const openAead: typeof Web.openAead = async (key, iv, additionalData, sealed) => {
  const end = sealed.length - AEAD_TAG_SIZE;
  if (end < 0) throw new RangeError('shorter than its tag');
  const decipher = createDecipheriv(CIPHER, key as unknown as KeyObject, iv, OPTIONS);
  decipher.setAAD(additionalData);
  decipher.setAuthTag(sealed.subarray(end));
  const opened = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
    return new Uint8Array(opened);
  } finally {
    // It may be a password.
    opened.fill(0);
  }
};
