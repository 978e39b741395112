import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { errors, jwtVerify } from 'jose';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import { agentEventsShape, keepAgentEvents } from './agent-events.ts';
import type { Agent, AgentRegistry } from './agent-registry.ts';
import { keyNamedBy, type SigningKeys } from './signing-key.ts';

export type AgentEventsDeps = {
  database: Database;
  registry: Pick<AgentRegistry, 'get'>;
  signingKeys: Pick<SigningKeys, 'publicKeyOf'>;
  issuer: string;
  clock: Clock;
};

const LARGEST = 256 * 1_024;

/** The audience of credentials of the scope `events`. */
export function eventsAudience(issuer: string): string {
  return `${issuer}/agents/events`;
}

/**
 * `POST /agents/events` with `{"events": […]}`, by a credential of the scope `events`. What was told before is
 * dropped, so that an agent may tell it again. 400 means that telling it again will not help.
 */
export function agentEventsRoutes(deps: AgentEventsDeps): Hono {
  const app = new Hono();
  app.post('/', bodyLimit({ maxSize: LARGEST }), async (context) => {
    const agent = await callerOf(deps, context.req.header('authorization') ?? '');
    if (agent === undefined) return context.json({ error: 'invalid_token' }, 401);
    const told = agentEventsShape.safeParse(await context.req.json().catch(() => undefined));
    if (!told.success) {
      const problems = told.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
      return context.json({ error: 'invalid_events', problems: problems.slice(0, 10) }, 400);
    }
    const { id: agentId, tenantId } = agent;
    await keepAgentEvents(deps.database, { agentId, tenantId, now: deps.clock() }, told.data.events);
    return context.json({ kept: told.data.events.length });
  });
  return app;
}

async function callerOf(
  { signingKeys, issuer, registry, clock }: AgentEventsDeps,
  authorization: string,
): Promise<Agent | undefined> {
  const token = /^Bearer ([\w.-]+)$/.exec(authorization)?.[1] ?? '';
  try {
    const { payload } = await jwtVerify(token, keyNamedBy(signingKeys), {
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
