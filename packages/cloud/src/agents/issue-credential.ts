/**
 * Credentials for enrolled agents: `POST /agents/token` with a signed assertion (RFC 7523 section 2.2). What is
 * issued is a JWT of 15 minutes, bound by `cnf.jwk` to the agent's own key (RFC 7800).
 */
import { isId } from '@homeward/protocol/id';
import { decodeJwt, errors, type JWTVerifyOptions, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../clock.ts';
import type { Agent, AgentRegistry, KeyGeneration } from './agent-registry.ts';
import type { SigningKey } from './signing-key.ts';

export type CredentialScope = 'relay' | 'scim' | 'events';

export type IssueDeps = {
  registry: AgentRegistry;
  signingKey: SigningKey;
  issuer: string;
  audienceOf: (scope: CredentialScope) => string;
  clock: Clock;
  /** remembers ids of assertions until they expire; true for one that was seen before */
  wasSeen: (jti: string, expires: number) => boolean;
};

export type Issued =
  | { kind: 'issued'; token: string; lifetimeSeconds: number }
  | { kind: 'refused'; description: string };

const LIFETIME_SECONDS = 15 * 60;
const CLOCK_TOLERANCE_SECONDS = 60;

export async function issueCredential(deps: IssueDeps, assertion: string, scope: string): Promise<Issued> {
  if (!isScope(scope)) return refused('the scope is relay, scim or events');
  const agent = deps.registry.get(subjectOf(assertion));
  if (agent === undefined)
    return refused('no such agent is enrolled here, or it was revoked; enrol it again');
  const now = deps.clock();
  let signer: KeyGeneration;
  try {
    const { payload, generation } = await verifyAssertion(assertion, agent, {
      algorithms: ['EdDSA'],
      issuer: agent.id,
      subject: agent.id,
      audience: deps.issuer,
      currentDate: new Date(now),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      maxTokenAge: 60,
      requiredClaims: ['jti', 'exp', 'iat'],
    });
    const keepUntil = now + 3 * CLOCK_TOLERANCE_SECONDS * 1_000;
    if (deps.wasSeen(`${agent.id}/${payload.jti}`, keepUntil))
      return refused('this assertion was used before');
    signer = generation;
  } catch (error) {
    if (
      error instanceof errors.JWTExpired ||
      (error instanceof errors.JWTClaimValidationFailed && error.claim === 'iat')
    ) {
      return refused(`the clocks differ by more than a minute; here it is ${new Date(now).toISOString()}`);
    }
    if (error instanceof errors.JOSEError)
      return refused('the assertion is not signed by this agent for this cloud');
    throw error;
  }
  const token = await sign(deps, agent, signer, scope, now);
  return { kind: 'issued', token, lifetimeSeconds: LIFETIME_SECONDS };
}

/** While keys roll over, an agent may still sign with the generation before: until it has destroyed that. */
async function verifyAssertion(assertion: string, agent: Agent, options: JWTVerifyOptions) {
  for (const generation of agent.generations) {
    try {
      return { generation, payload: (await jwtVerify(assertion, generation.identity, options)).payload };
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

function isScope(text: string): text is CredentialScope {
  return text === 'relay' || text === 'scim' || text === 'events';
}

function sign(
  { signingKey, issuer, audienceOf }: IssueDeps,
  agent: Agent,
  signer: KeyGeneration,
  scope: CredentialScope,
  now: number,
): Promise<string> {
  const issued = Math.floor(now / 1_000);
  return new SignJWT({
    tid: agent.tenantId,
    cnf: { jwk: { kty: 'OKP', crv: 'Ed25519', x: signer.identityKey } },
    ...(scope === 'scim' && { forests: agent.forests.map(({ sid }) => sid) }),
  })
    .setProtectedHeader({ alg: 'EdDSA', kid: signingKey.id })
    .setIssuer(issuer)
    .setAudience(audienceOf(scope))
    .setSubject(agent.id)
    .setIssuedAt(issued)
    .setExpirationTime(issued + LIFETIME_SECONDS)
    .sign(signingKey.privateKey);
}

function subjectOf(assertion: string): string {
  try {
    const { sub } = decodeJwt(assertion);
    return sub !== undefined && isId(sub) ? sub : '';
  } catch {
    return '';
  }
}

function refused(description: string): Issued {
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
