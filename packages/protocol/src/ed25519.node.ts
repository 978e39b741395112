/**
 * What ed25519.ts does, by Node's own functions, without the way through the thread pool. A key that may not be
 * extracted stays with WebCrypto.
 */
import { KeyObject, sign, verify } from 'node:crypto';
import * as web from './ed25519.ts';

const known = new WeakMap<CryptoKey, KeyObject>();

export const signEd25519: typeof web.signEd25519 = async (key, message) => {
  const own = ownKeyOf(key);
  return own && key.type === 'private'
    ? new Uint8Array(sign(null, message, own))
    : web.signEd25519(key, message);
};

export const verifyEd25519: typeof web.verifyEd25519 = async (key, signature, message) => {
  const own = ownKeyOf(key);
  return own && key.type === 'public'
    ? verify(null, message, own, signature)
    : web.verifyEd25519(key, signature, message);
};

function ownKeyOf(key: CryptoKey): KeyObject | undefined {
  if (!key.extractable || key.algorithm.name !== 'Ed25519') return undefined;
  const own = known.get(key) ?? KeyObject.from(key);
  known.set(key, own);
  return own;
}
