import type { Id } from '@homeward/protocol/id';
import { isId } from '@homeward/protocol/id';
import { errors, importJWK, type JWK, type JWTPayload, jwtVerify } from 'jose';

/** What the cloud says of an agent, signed: a JWT whose `cnf.jwk` is the only key that may use it (RFC 7800). */
export type Credential = {
  agentId: Id;
  tenantId: Id;
  identity: CryptoKey;
  /** Unix ms */
  expires: number;
  /** the compact JWT */
  token: string;
};

const LONGEST_LIFE_SECONDS = 15 * 60;

export type CredentialSettings = {
  /** the cloud's URL */
  issuer: string;
  /** this relay's origin, such as wss://reset.example.com */
  audience: string;
  /** the cloud's public signing key with this id, or undefined */
  signingKey: (kid: string) => CryptoKey | undefined;
};

/**
 * The credential in a compact JWT, or undefined for whatever is not exactly one of ours: another issuer or
 * audience, an algorithm other than EdDSA, expired, living for longer than 15 minutes, or without its key.
 */
export async function verifyCredential(
  token: string,
  settings: CredentialSettings,
  now: number,
): Promise<Credential | undefined> {
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const key = settings.signingKey(kid ?? '');
        if (key === undefined) throw new errors.JWKSNoMatchingKey();
        return key;
      },
      {
        algorithms: ['EdDSA'],
        issuer: settings.issuer,
        audience: settings.audience,
        currentDate: new Date(now),
        maxTokenAge: LONGEST_LIFE_SECONDS,
        requiredClaims: ['exp', 'iat', 'sub', 'tid', 'cnf'],
      },
    );
    return await readClaims(payload, token);
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
    throw error;
  }
}

async function readClaims(payload: JWTPayload, token: string): Promise<Credential | undefined> {
  const { sub = '', tid, cnf, exp = 0, iat = 0 } = payload;
  if (exp - iat > LONGEST_LIFE_SECONDS) return undefined;
  const jwk = (cnf as { jwk?: JWK } | undefined)?.jwk;
  if (!isId(sub) || typeof tid !== 'string' || !isId(tid) || jwk?.crv !== 'Ed25519') return undefined;
  const identity = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: jwk.x ?? '' }, 'EdDSA');
  if (!(identity instanceof CryptoKey)) return undefined;
  return { agentId: sub, tenantId: tid, identity, expires: exp * 1_000, token };
}
