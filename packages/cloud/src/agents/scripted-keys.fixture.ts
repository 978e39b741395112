/** The keys of an agent that a test plays. */
import { fromBase64url, randomBytes, toBase64url, toHex } from '@homeward/protocol/bytes';
import { importPackageKey } from '@homeward/protocol/package';

export async function makeKeys() {
  const rsa = {
    name: 'RSA-OAEP',
    hash: 'SHA-256',
    modulusLength: 2_048,
    publicExponent: Uint8Array.of(1, 0, 1),
  };
  const password = await crypto.subtle.generateKey(rsa, true, ['encrypt', 'decrypt']);
  const identity = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  return {
    identity,
    identityKey: new Uint8Array(await crypto.subtle.exportKey('raw', identity.publicKey)),
    passwordKey: new Uint8Array(await crypto.subtle.exportKey('spki', password.publicKey)),
    packageKey: { id: toHex(randomBytes(8)), key: toBase64url(randomBytes(32)) },
  };
}
export type Keys = Awaited<ReturnType<typeof makeKeys>>;

export const packageKeyFrom = ({ packageKey: { id, key } }: Keys) => importPackageKey(id, fromBase64url(key));
