/** Ed25519 (RFC 8032) by WebCrypto. Where the code runs in Node, package.json puts ed25519.node.ts in its place. */
import type { Bytes } from './bytes.ts';

/** @returns 64 bytes */
export async function signEd25519(key: CryptoKey, message: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', key, message));
}

export async function verifyEd25519(key: CryptoKey, signature: Bytes, message: Bytes): Promise<boolean> {
  return crypto.subtle.verify('Ed25519', key, signature, message);
}
