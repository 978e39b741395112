import type { DevicePollError, EnrolmentRefusal, EnrolmentRefusalCode } from '@homeward/protocol/enrolment';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type AdmitDeps, admitByAgent, listWaiting } from './admit-agent.ts';
import {
  beginDeviceAuthorization,
  type DeviceDeps,
  pollDeviceAuthorization,
} from './device-authorization.ts';
import { type EnrolDeps, enrolAgent } from './enrol-agent.ts';
import { type IssueDeps, issueCredential } from './issue-credential.ts';
import { type DisableDeps, disableAgent } from './revoke-agent.ts';
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
  token_required:
    'this cloud admits agents by token alone; make one there with "homeward-cloud token create" and give it with --token-file',
  too_many_requests: 'too many machines asked from this address; try again in ten minutes',
  keys_revoked:
    'the keys of this machine were revoked here; run "homeward-agent writeback disable", then enable it again with new keys',
};

export type AgentRoutesDeps = EnrolDeps & IssueDeps & DeviceDeps & AdmitDeps & DisableDeps;

const LIMIT = bodyLimit({ maxSize: 16 * 1_024 });
/** room for the most forests that an agent may have, each with the longest names that ASCII allows */
const ENROLMENT_LIMIT = bodyLimit({ maxSize: 128 * 1_024 });
const isEnrolment = ({ req }: Context) => /\/(enrol|device)$/.test(req.path);

/** `/agents/…`: for agents, never for browsers. */
export function agentRoutes(deps: AgentRoutesDeps): Hono {
  const app = new Hono();
  app.use((context, next) => (isEnrolment(context) ? ENROLMENT_LIMIT : LIMIT)(context, next));
  app.use(async (context, next) => {
    context.header('cache-control', 'no-store');
    await next();
  });
  app.post('/enrol', async (context) => {
    const result = await enrolAgent(deps, await context.req.json().catch(() => undefined));
    if (result.kind === 'enrolled') return context.json(result.answer, 201);
    return refuseEnrolment(deps, context, result.error);
  });
  app.post('/device', async (context) => {
    const body = await context.req.json().catch(() => undefined);
    const result = await beginDeviceAuthorization(deps, body, clientAddressOf(context));
    if (result.kind === 'begun') return context.json(result.answer);
    return refuseEnrolment(deps, context, result.error);
  });
  app.post('/device/token', async (context) => {
    const form = await formOf(context);
    const polled = await pollDeviceAuthorization(deps, form('device_code'), form('client_assertion'));
    if (polled.kind === 'enrolled') return context.json(polled.answer, 201);
    const { error, error_description } = polled;
    return context.json({ error, error_description }, STATUS_OF_POLL[error] ?? 400);
  });
  app.post('/token', async (context) => {
    const form = await formOf(context);
    const issued = await issueCredential(deps, form('client_assertion'), form('scope'));
    if (issued.kind === 'refused')
      return context.json({ error: 'invalid_client', error_description: issued.description }, 401);
    return context.json({
      access_token: issued.token,
      token_type: issued.type,
      expires_in: issued.lifetimeSeconds,
    });
  });
  app.post('/waiting', async (context) => {
    const form = await formOf(context);
    const listed = await listWaiting(deps, form('client_assertion'));
    if (listed.kind === 'listed') return context.json({ agents: listed.agents });
    return context.json({ error: 'refused', error_description: listed.description }, listed.status);
  });
  app.post('/admit', async (context) => {
    const form = await formOf(context);
    const admitted = await admitByAgent(deps, form('client_assertion'));
    if (admitted.kind === 'refused')
      return context.json({ error: 'refused', error_description: admitted.description }, admitted.status);
    const { agentId, name } = admitted;
    deps.log.info({ agentId, agentName: name }, 'an agent was admitted by another');
    return context.json({ agentId, name });
  });
  app.post('/disable', async (context) => {
    const form = await formOf(context);
    const disabled = await disableAgent(deps, form('client_assertion'));
    if (disabled.kind === 'revoked') return context.json({ state: 'revoked' });
    if (disabled.kind === 'finishing')
      return context.json({ state: 'finishing', until: disabled.until }, 202);
    return context.json({ error: 'invalid_client', error_description: disabled.description }, 401);
  });
  app.route('/keys', rolloverRoutes(deps));
  return app;
}

/** RFC 8628 section 3.5 by RFC 6749 section 5.2: 400 but for a client that is not who it says */
const STATUS_OF_POLL: Partial<Record<DevicePollError, 401>> = { invalid_client: 401 };

function refuseEnrolment({ log }: EnrolDeps, context: Context, error: EnrolmentRefusalCode): Response {
  log.info({ error }, 'an enrolment was refused');
  const refusal: EnrolmentRefusal = { error, message: REFUSALS[error] };
  return context.json(refusal, error === 'too_many_requests' ? 429 : 400);
}

async function formOf(context: Context): Promise<(name: string) => string> {
  const form = await context.req.parseBody().catch(() => ({}) as Record<string, unknown>);
  return (name) => {
    const value = form[name];
    return typeof value === 'string' ? value : '';
  };
}

/** Set where the routes hang in the whole cloud. */
function clientAddressOf(context: Context): string {
  const address: unknown = context.get('clientAddress');
  return typeof address === 'string' ? address : '';
}
