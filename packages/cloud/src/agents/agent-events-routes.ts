import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { errors, jwtVerify } from 'jose';
import type { Database } from '../store/database.ts';
import { agentEventsShape, keepAgentEvents } from './agent-events.ts';
import type { Agent, AgentRegistry } from './agent-registry.ts';
import { type ProofDeps, provenCaller } from './proof-of-possession.ts';
import { keyNamedBy, type SigningKeys } from './signing-key.ts';

export type AgentEventsDeps = ProofDeps & {
  database: Database;
  registry: Pick<AgentRegistry, 'get'>;
  signingKeys: Pick<SigningKeys, 'publicKeyOf'>;
  issuer: string;
};

const LARGEST = 256 * 1_024;

/** The audience of credentials of the scope `events`. */
export function eventsAudience(issuer: string): string {
  return `${issuer}/agents/events`;
}

/**
 * `POST /agents/events` with `{"events": […]}`, by a credential of the scope `events` and a proof of its
 * key. What was told before is dropped, so that an agent may tell it again. 400 means that telling it again will not
 * help.
 */
export function agentEventsRoutes(deps: AgentEventsDeps): Hono {
  const app = new Hono();
  app.post('/', bodyLimit({ maxSize: LARGEST }), async (context) => {
    const request = {
      authorization: context.req.header('authorization'),
      proof: context.req.header('dpop'),
      method: context.req.method,
      // The audience of the credential is the very address.
      url: eventsAudience(deps.issuer),
    };
    const proven = await provenCaller(deps, request, (credential) => verify(deps, credential));
    if (proven.kind === 'refused') {
      context.header('www-authenticate', proven.challenge);
      return context.json({ error: proven.error, error_description: proven.description }, 401);
    }
    const told = agentEventsShape.safeParse(await context.req.json().catch(() => undefined));
    if (!told.success) {
      const problems = told.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
      return context.json({ error: 'invalid_events', problems: problems.slice(0, 10) }, 400);
    }
    const { id: agentId, tenantId } = proven.caller;
    await keepAgentEvents(deps.database, { agentId, tenantId, now: deps.clock() }, told.data.events);
    return context.json({ kept: told.data.events.length });
  });
  return app;
}

async function verify(
  { signingKeys, issuer, registry, clock }: AgentEventsDeps,
  credential: string,
): Promise<Agent | undefined> {
  try {
    const { payload } = await jwtVerify(credential, keyNamedBy(signingKeys), {
      algorithms: ['EdDSA'],
      issuer,
      audience: eventsAudience(issuer),
      currentDate: new Date(clock()),
    });
    return registry.get(payload.sub ?? '');
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
