import type { EnrolmentRefusal, EnrolmentRefusalCode } from '@homeward/protocol/enrolment';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type EnrolDeps, enrolAgent } from './enrol-agent.ts';
import { type IssueDeps, issueCredential } from './issue-credential.ts';
import { rolloverRoutes } from './rollover-routes.ts';

const REFUSALS: Record<EnrolmentRefusalCode, string> = {
  token_unknown: 'this token was never made here, or was cut short when it was copied; make a new one',
  token_expired: 'this token is older than an hour; make a new one',
  token_used:
    'another machine used this token; if that was not you, revoke that agent, then make a new token',
  proof_invalid:
    'the keys in the request are not those of the machine that sent it; something on the way changes requests',
  request_invalid:
    'the request is not one that this version understands; compare the versions of agent and cloud',
};

/** `POST /agents/enrol` and `POST /agents/token`: for agents, never for browsers. */
export function agentRoutes(deps: EnrolDeps & IssueDeps): Hono {
  const app = new Hono();
  app.use(bodyLimit({ maxSize: 16 * 1_024 }));
  app.post('/enrol', async (context) => {
    const result = await enrolAgent(deps, await context.req.json().catch(() => undefined));
    if (result.kind === 'enrolled') return context.json(result.answer, 201);
    deps.log.info({ error: result.error }, 'an enrolment was refused');
    const refusal: EnrolmentRefusal = { error: result.error, message: REFUSALS[result.error] };
    return context.json(refusal, 400);
  });
  app.post('/token', async (context) => {
    const form = await context.req.parseBody().catch(() => ({}) as Record<string, unknown>);
    const assertion = form['client_assertion'];
    const issued = await issueCredential(
      deps,
      typeof assertion === 'string' ? assertion : '',
      String(form['scope'] ?? ''),
    );
    context.header('cache-control', 'no-store');
    if (issued.kind === 'refused')
      return context.json({ error: 'invalid_client', error_description: issued.description }, 401);
    return context.json({
      access_token: issued.token,
      token_type: 'Bearer',
      expires_in: issued.lifetimeSeconds,
    });
  });
  app.route('/keys', rolloverRoutes(deps));
  return app;
}
