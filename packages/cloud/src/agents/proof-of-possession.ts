/**
 * Credentials that count only with a fresh proof of the key that they name (DPoP, RFC 9449): whoever copies one has
 * nothing. A proof is for one method, address and credential, good for a minute, and once.
 */
import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, decodeJwt, errors, importJWK, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Clock } from '../clock.ts';

const TOLERANCE_SECONDS = 60;
const LONGEST_JTI = 128;

export type ProofDeps = {
  clock: Clock;
  /** remembers ids of proofs until they expire; true for one that was seen before */
  wasSeen: (jti: string, expires: number) => boolean;
};

export type ProvenRequest = {
  /** the headers of these names, where the request has them */
  authorization: string | undefined;
  proof: string | undefined;
  method: string;
  /** as whoever asks has dialled it, without query */
  url: string;
};

export type Proven<Caller> =
  | { kind: 'proven'; caller: Caller }
  | {
      kind: 'refused';
      error: 'invalid_token' | 'invalid_dpop_proof';
      description: string;
      challenge: string;
    };

type Refused = Extract<Proven<never>, { kind: 'refused' }>;

/** RFC 9449 section 4.2: a private key in a proof is a mistake that nobody should get used to */
const publicJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.undefined().optional(),
});
type PublicJwk = Pick<z.infer<typeof publicJwk>, 'kty' | 'crv' | 'x'>;

/**
 * Who asks, by a credential in the scheme DPoP and the proof beside it (RFC 9449 sections 4.3 and 7.1).
 * @param verify who a credential is of; undefined for one that is unknown, expired, or made for something else
 */
export async function provenCaller<Caller>(
  deps: ProofDeps,
  request: ProvenRequest,
  verify: (credential: string) => Promise<Caller | undefined>,
): Promise<Proven<Caller>> {
  const [, scheme = '', credential = ''] = /^(\w+) ([\w.~+/-]+=*)$/.exec(request.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer')
    return refused(
      'invalid_token',
      'A credential counts only with a proof of the key that it names (DPoP, RFC 9449), and this one came without, as of an agent of an earlier version. Update the agent.',
    );
  if (scheme.toLowerCase() !== 'dpop')
    return refused(
      'invalid_token',
      'A credential of an enrolled agent is needed, with a proof of its key (DPoP).',
    );
  const caller = await verify(credential);
  const holder = caller === undefined ? undefined : holderOf(credential);
  if (caller === undefined || holder === undefined)
    return refused('invalid_token', 'This credential is not valid here, or not any more. Get a new one.');
  const wrong = await wrongWith(deps, request, credential, holder);
  return wrong === undefined ? { kind: 'proven', caller } : refused('invalid_dpop_proof', wrong);
}

/** The key that a credential names (RFC 7800), once it is known to be of this cloud. */
function holderOf(credential: string): PublicJwk | undefined {
  const { cnf } = decodeJwt(credential);
  return publicJwk.safeParse((cnf as { jwk?: unknown } | undefined)?.jwk).data;
}

async function wrongWith(
  { clock, wasSeen }: ProofDeps,
  { proof, method, url }: ProvenRequest,
  credential: string,
  holder: PublicJwk,
): Promise<string | undefined> {
  if (proof === undefined)
    return 'The credential came without the proof of its key: the header DPoP is missing.';
  const claims = await claimsOf(proof, holder);
  if (claims === undefined)
    return 'The proof is none, or it is not signed by the key that the credential names.';
  const { htm, htu, ath, iat, jti } = claims;
  if (htm !== method) return 'The proof is for another method.';
  if (addressOf(htu) !== addressOf(url))
    return `The proof is for another address. Agents reach this cloud at ${new URL(url).origin}: enrol this one with that.`;
  if (ath !== createHash('sha256').update(credential).digest('base64url'))
    return 'The proof is for another credential.';
  const now = clock();
  if (typeof iat !== 'number' || Math.abs(now / 1_000 - iat) > TOLERANCE_SECONDS)
    return `The proof is older than a minute, or the clocks differ by more; here it is ${new Date(now).toISOString()}.`;
  if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_JTI)
    return 'The proof has no usable jti.';
  // Its time lies up to a minute ahead, and for a minute after that it would count.
  const keepUntil = now + 3 * TOLERANCE_SECONDS * 1_000;
  return wasSeen(`${holder.x}/${jti}`, keepUntil) ? 'This proof was used before.' : undefined;
}

async function claimsOf(proof: string, holder: PublicJwk): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(
      proof,
      async ({ jwk }) => {
        const named = publicJwk.safeParse(jwk).data;
        if (named === undefined || (await thumbprint(named)) !== (await thumbprint(holder)))
          throw new errors.JWKSNoMatchingKey();
        return importJWK(holder, 'EdDSA');
      },
      { algorithms: ['EdDSA'], typ: 'dpop+jwt' },
    );
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

const thumbprint = ({ kty, crv, x }: PublicJwk) => calculateJwkThumbprint({ kty, crv, x });

/** RFC 9449 section 4.3: compared after normalization (RFC 3986 section 6.2) */
function addressOf(htu: unknown): string | undefined {
  return typeof htu === 'string' ? URL.parse(htu)?.href : undefined;
}

function refused(error: Refused['error'], description: string): Refused {
  return { kind: 'refused', error, description, challenge: `DPoP error="${error}", algs="EdDSA"` };
}
