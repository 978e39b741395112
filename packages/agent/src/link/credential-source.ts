import { EVENTS } from '@homeward/protocol/event';
import { Secret } from '@homeward/protocol/secret';
import { SignJWT } from 'jose';
import type { Enrolment } from '../enrol/enrolment.ts';
import { AgentError } from '../errors.ts';
import type { AgentKeys } from '../keys/key-store.ts';
import type { AgentLog } from '../log.ts';
import { proxyFaultIn } from '../network/proxy-tunnel.ts';

export type Scope = 'relay' | 'scim' | 'events';

export type CredentialDeps = {
  enrolment: Enrolment;
  keys: AgentKeys;
  fetch: typeof globalThis.fetch;
  /** Unix ms */
  now: () => number;
};

export type IssuedCredential = {
  token: Secret<string>;
  /** Unix ms */
  expires: number;
};

const ASSERTION_LIFETIME_SECONDS = 60;

/**
 * Obtains a short-lived credential by a signed assertion (RFC 7523 section 2.2): nothing that could be copied
 * from the agent's disk but its identity key is ever sent.
 * @throws {AgentError} ERR_CLOUD_UNREACHABLE, ERR_CREDENTIAL_REFUSED, and those of the proxy
 */
export async function obtainCredential(deps: CredentialDeps, scope: Scope): Promise<IssuedCredential> {
  const { enrolment, fetch, now } = deps;
  const url = new URL(
    'agents/token',
    enrolment.cloudUrl.endsWith('/') ? enrolment.cloudUrl : `${enrolment.cloudUrl}/`,
  );
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertion(deps),
    scope,
  });
  const response = await fetch(url, {
    method: 'POST',
    body: form,
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  }).catch((cause: unknown) => {
    throw (
      proxyFaultIn(cause) ??
      new AgentError('ERR_CLOUD_UNREACHABLE', `${url.origin} does not answer`, { cause })
    );
  });
  const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const { access_token: token, expires_in: lifetime, error_description: why } = answer;
  if (!response.ok || typeof token !== 'string' || typeof lifetime !== 'number') {
    const reason = typeof why === 'string' ? why : `HTTP ${response.status}`;
    if (response.status >= 500)
      throw new AgentError('ERR_CLOUD_UNREACHABLE', `${url.origin} cannot answer now: ${reason}`);
    const [, cloned] = /^ERR_AGENT_CLONED: (.*)$/s.exec(reason) ?? [];
    throw new AgentError(
      cloned === undefined ? 'ERR_CREDENTIAL_REFUSED' : 'ERR_AGENT_CLONED',
      `${url.origin} gives this agent no credential: ${cloned ?? reason}`,
    );
  }
  return { token: new Secret(token), expires: now() + lifetime * 1_000 };
}

/** Keeps one credential of a scope and renews it when two thirds of its life are over. */
export function cachedCredential(
  deps: CredentialDeps & { log?: Pick<AgentLog, 'info'> },
  scope: Scope,
): { get: () => Promise<Secret<string>>; discard: () => void } {
  let told = false;
  let held: { credential: IssuedCredential; renewAt: number; identity: AgentKeys['identity'] } | undefined;
  return {
    async get() {
      // A credential names the key that its holder proves; after a rollover that is another one.
      if (held?.identity !== deps.keys.identity || deps.now() >= held.renewAt) {
        const { identity } = deps.keys;
        const credential = await obtainCredential(deps, scope);
        const renewAt = deps.now() + (credential.expires - deps.now()) * (2 / 3);
        if (!told) deps.log?.info({ event: EVENTS.credentialObtained, scope }, 'the cloud gave a credential');
        told = true;
        held = { credential, renewAt, identity };
      }
      return held.credential.token;
    },
    discard() {
      held = undefined;
    },
  };
}

function assertion({ enrolment, keys, now }: CredentialDeps): Promise<string> {
  const issued = Math.floor(now() / 1_000);
  return new SignJWT()
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer(enrolment.agentId)
    .setSubject(enrolment.agentId)
    .setAudience(enrolment.issuer)
    .setJti(crypto.randomUUID())
    .setIssuedAt(issued)
    .setExpirationTime(issued + ASSERTION_LIFETIME_SECONDS)
    .sign(keys.identity.privateKey);
}
