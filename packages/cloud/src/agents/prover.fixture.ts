/** For tests: keys of agents, and the proofs that they sign (RFC 9449), also such as no agent signs. */
import { createHash } from 'node:crypto';
import { newId } from '@homeward/protocol/id';
import { decodeJwt, SignJWT } from 'jose';

export type Prover = { privateKey: CryptoKey; jwk: { kty: 'OKP'; crv: 'Ed25519'; x: string } };

export async function proverOf({ privateKey, publicKey }: CryptoKeyPair): Promise<Prover> {
  const { x = '' } = await crypto.subtle.exportKey('jwk', publicKey);
  return { privateKey, jwk: { kty: 'OKP', crv: 'Ed25519', x } };
}

export async function newProver(): Promise<Prover> {
  return proverOf((await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair);
}

export type ProofOf = {
  credential: string;
  method: string;
  url: string;
  /** Unix ms */
  now: number;
};

export function proofOf(
  { privateKey, jwk }: Prover,
  { credential, method, url, now }: ProofOf,
  { header = {}, claims = {} }: { header?: Record<string, unknown>; claims?: Record<string, unknown> } = {},
): Promise<string> {
  const ath = createHash('sha256').update(credential).digest('base64url');
  const iat = Math.floor(now / 1_000);
  return new SignJWT({ htm: method, htu: url, ath, iat, jti: newId(), ...claims })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'EdDSA', jwk, ...header })
    .sign(privateKey);
}

/** A credential that nobody signed, for where the agents' side is a test's own. */
export function unsignedCredential({ jwk }: Prover, name: string): string {
  const encoded = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
  return [{ alg: 'none' }, { sub: name, cnf: { jwk } }, {}].map(encoded).join('.');
}

export function nameIn(credential: string): string {
  return decodeJwt(credential).sub ?? '';
}
