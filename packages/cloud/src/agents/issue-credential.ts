/**
 * Credentials for enrolled agents: `POST /agents/token` with a signed assertion (RFC 7523 section 2.2). What is
 * issued is a JWT of 15 minutes, bound by `cnf.jwk` to the agent's own key (RFC 7800): the relay asks for a signature
 * over a challenge, the others for a proof with each request.
 */
import { SignJWT } from 'jose';
import type { Database } from '../store/database.ts';
import { type AssertionDeps, claimedAgentId, verifyAssertion } from './agent-assertion.ts';
import type { Agent, AgentRegistry, KeyGeneration } from './agent-registry.ts';
import { CREDENTIAL_LIFETIME, type SigningKeys } from './signing-key.ts';

export type CredentialScope = 'relay' | 'scim' | 'events';

export type IssueDeps = AssertionDeps & {
  database: Database;
  registry: AgentRegistry;
  signingKeys: Pick<SigningKeys, 'current'>;
  issuer: string;
  audienceOf: (scope: CredentialScope) => string;
};

export type Issued =
  | { kind: 'issued'; token: string; type: 'Bearer' | 'DPoP'; lifetimeSeconds: number }
  | { kind: 'refused'; description: string };

const LIFETIME_SECONDS = CREDENTIAL_LIFETIME / 1_000;

export async function issueCredential(deps: IssueDeps, assertion: string, scope: string): Promise<Issued> {
  if (!isScope(scope)) return refused('the scope is relay, scim or events');
  const agentId = claimedAgentId(assertion);
  const agent = deps.registry.get(agentId);
  if (agent === undefined) return refused(await whyNotServed(deps.database, agentId));
  const expected = { subject: agent.id, keys: agent.generations, audience: deps.issuer };
  const asserted = await verifyAssertion(deps, assertion, expected);
  if (asserted.kind === 'refused') return asserted;
  const token = await sign(deps, agent, asserted.key, scope, deps.clock());
  const type = scope === 'relay' ? 'Bearer' : 'DPoP';
  return { kind: 'issued', token, type, lifetimeSeconds: LIFETIME_SECONDS };
}

/** Ids of agents are random: whoever names one that waits has enrolled it, or administers it. */
async function whyNotServed(database: Database, agentId: string): Promise<string> {
  const row = await database
    .selectFrom('agent')
    .select('status')
    .where('id', '=', agentId)
    .executeTakeFirst();
  if (row?.status === 'cloned')
    return 'ERR_AGENT_CLONED: two machines run with the keys of this agent; stop one, then an administrator lets the other in again';
  return row?.status === 'pending'
    ? 'this agent waits to be admitted: run "homeward-agent admit" with its fingerprint on a machine that serves the forest already, or let two administrators approve it in the portal'
    : 'no such agent is enrolled here, or it was revoked; enrol it again';
}
function isScope(text: string): text is CredentialScope {
  return text === 'relay' || text === 'scim' || text === 'events';
}

async function sign(
  { signingKeys, issuer, audienceOf }: IssueDeps,
  agent: Agent,
  signer: KeyGeneration,
  scope: CredentialScope,
  now: number,
): Promise<string> {
  const issued = Math.floor(now / 1_000);
  const signingKey = await signingKeys.current();
  return new SignJWT({
    tid: agent.tenantId,
    cnf: { jwk: { kty: 'OKP', crv: 'Ed25519', x: signer.identityKey } },
  })
    .setProtectedHeader({ alg: 'EdDSA', kid: signingKey.id })
    .setIssuer(issuer)
    .setAudience(audienceOf(scope))
    .setSubject(agent.id)
    .setIssuedAt(issued)
    .setExpirationTime(issued + LIFETIME_SECONDS)
    .sign(signingKey.privateKey);
}

function refused(description: string): Issued {
  return { kind: 'refused', description };
}
