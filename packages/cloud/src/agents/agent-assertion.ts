/** Assertions that an agent signs with its identity key (RFC 7523 section 3): good for a minute, and once. */
import { isId } from '@homeward/protocol/id';
import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../clock.ts';

const CLOCK_TOLERANCE_SECONDS = 60;

export type AssertionDeps = {
  clock: Clock;
  /** remembers ids of assertions until they expire; true for one that was seen before */
  wasSeen: (jti: string, expires: number) => boolean;
};

export type Expected<Key> = {
  /** who must have signed it, about themselves */
  subject: string;
  /** while keys roll over, an agent may still sign with the generation before: until it has destroyed that */
  keys: readonly Key[];
  audience: string;
};

export type Asserted<Key> =
  | { kind: 'proven'; key: Key; payload: JWTPayload }
  | { kind: 'refused'; description: string };

export async function verifyAssertion<Key extends { identity: CryptoKey }>(
  { clock, wasSeen }: AssertionDeps,
  assertion: string,
  { subject, keys, audience }: Expected<Key>,
): Promise<Asserted<Key>> {
  const now = clock();
  const options = {
    algorithms: ['EdDSA'],
    issuer: subject,
    subject,
    audience,
    currentDate: new Date(now),
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    maxTokenAge: 60,
    requiredClaims: ['jti', 'exp', 'iat'],
  };
  try {
    for (const key of keys) {
      const payload = await payloadSignedBy(key, assertion, options);
      if (payload === undefined) continue;
      const keepUntil = now + 3 * CLOCK_TOLERANCE_SECONDS * 1_000;
      if (wasSeen(`${subject}/${payload.jti}`, keepUntil)) return refused('this assertion was used before');
      return { kind: 'proven', key, payload };
    }
  } catch (error) {
    if (
      error instanceof errors.JWTExpired ||
      (error instanceof errors.JWTClaimValidationFailed && error.claim === 'iat')
    ) {
      return refused(`the clocks differ by more than a minute; here it is ${new Date(now).toISOString()}`);
    }
    if (!(error instanceof errors.JOSEError)) throw error;
  }
  return refused('the assertion is not signed by this agent for this cloud');
}

async function payloadSignedBy(
  { identity }: { identity: CryptoKey },
  assertion: string,
  options: Parameters<typeof jwtVerify>[2],
): Promise<JWTPayload | undefined> {
  try {
    return (await jwtVerify(assertion, identity, options)).payload;
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return undefined;
    throw error;
  }
}

/** The agent id that an assertion claims to be of, before anything is verified; empty where it claims none. */
export function claimedAgentId(assertion: string): string {
  try {
    const { sub } = decodeJwt(assertion);
    return sub !== undefined && isId(sub) ? sub : '';
  } catch {
    return '';
  }
}

function refused(description: string): { kind: 'refused'; description: string } {
  return { kind: 'refused', description };
}

/** Seen assertion ids, forgotten when they could not be replayed anyway. */
export function seenOnce(clock: Clock): (jti: string, expires: number) => boolean {
  const seen = new Map<string, number>();
  return (jti, expires) => {
    for (const [id, until] of seen) if (until < clock()) seen.delete(id);
    if (seen.has(jti)) return true;
    seen.set(jti, expires);
    return false;
  };
}
