import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Logger } from 'pino';
import { seenOnce } from '../agents/agent-assertion.ts';
import { type ProofDeps, type Proven, provenCaller } from '../agents/proof-of-possession.ts';
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import type { AgentTokens, ScimCaller } from './agent-tokens.ts';
import { type ApplyContext, applyOperation, type OperationResult } from './apply-operation.ts';
import { listResources } from './list-resources.ts';
import {
  bulkRequestSchema,
  MAX_OPERATIONS,
  MAX_PAYLOAD,
  problemsOf,
  type ResourceType,
  SCHEMAS,
  scimError,
} from './messages.ts';

export type ScimDeps = {
  store: Store;
  tokens: AgentTokens;
  clock: Clock;
  publicUrl: string;
  log: Pick<Logger, 'info' | 'error'>;
};

/**
 * `POST /scim/v2/Bulk` (RFC 7644 section 3.7) and `GET /scim/v2/Users | Groups`: how agents describe the people and
 * groups of their forests, and see what became of it. Each request carries a proof of the agent's key.
 */
export function scimRoutes(deps: ScimDeps): Hono {
  const routes = new Hono();
  const base = `${deps.publicUrl}/scim/v2`;
  const locationOf = (type: ResourceType, id: string) => `${base}/${type}/${id}`;
  const proofs = { clock: deps.clock, wasSeen: seenOnce(deps.clock) };
  const callerOf = (context: Context, path: string) =>
    askedBy({ ...proofs, tokens: deps.tokens }, context, `${base}/${path}`);
  const limit = bodyLimit({
    maxSize: MAX_PAYLOAD,
    onError: (context) => refuse(context, 413, `A request is at most ${MAX_PAYLOAD} bytes.`),
  });
  routes.post('/Bulk', limit, async (context) => {
    const asked = await callerOf(context, 'Bulk');
    if (asked.kind === 'refused') return refuseUnknown(context, asked);
    const { caller } = asked;
    const request = bulkRequestSchema.safeParse(await context.req.json().catch(() => undefined));
    if (!request.success) return refuse(context, 400, problemsOf(request.error), 'invalidSyntax');
    const { Operations, failOnErrors = Number.POSITIVE_INFINITY } = request.data;
    if (Operations.length > MAX_OPERATIONS)
      return refuse(context, 413, `A request has at most ${MAX_OPERATIONS} operations.`);
    const results = await applyAll(deps, { caller, locationOf }, Operations, failOnErrors);
    return answer(context, { schemas: [SCHEMAS.bulkResponse], Operations: results });
  });
  for (const type of ['Users', 'Groups'] as const)
    routes.get(`/${type}`, async (context) => {
      const asked = await callerOf(context, type);
      if (asked.kind === 'refused') return refuseUnknown(context, asked);
      const listing = await listResources(deps.store, asked.caller, type, context.req.query(), locationOf);
      if (listing.kind === 'listed') return answer(context, listing.body);
      return refuse(context, 400, listing.detail, 'invalidFilter');
    });
  routes.onError((error, context) => {
    deps.log.error({ err: error }, 'provisioning failed');
    return refuse(context, 500, 'The cloud failed; nothing of this request was done. Send it again.');
  });
  routes.notFound((context) => refuse(context, 404, 'There is no such endpoint.'));
  return routes;
}

function askedBy({ tokens, ...proofs }: ProofDeps & Pick<ScimDeps, 'tokens'>, { req }: Context, url: string) {
  const [authorization, proof] = [req.header('authorization'), req.header('dpop')];
  const request = { authorization, proof, method: req.method, url };
  return provenCaller(proofs, request, (credential) => tokens.verify(credential));
}

function refuseUnknown(context: Context, refused: Extract<Proven<ScimCaller>, { kind: 'refused' }>) {
  context.header('www-authenticate', refused.challenge);
  return refuse(context, 401, refused.description);
}

const SCIM_JSON = { 'content-type': 'application/scim+json; charset=utf-8', 'cache-control': 'no-store' };

async function applyAll(
  { store, clock, log }: ScimDeps,
  { caller, locationOf }: Pick<ApplyContext, 'caller' | 'locationOf'>,
  operations: readonly unknown[],
  maxErrors: number,
): Promise<OperationResult[]> {
  const results = await store.transaction(async (stores) => {
    const context: ApplyContext = { caller, stores, locationOf, now: clock() };
    const done: OperationResult[] = [];
    let errors = 0;
    for (const operation of operations) {
      const result = await applyOperation(context, operation);
      done.push(result);
      if (result.response && ++errors >= maxErrors) break;
    }
    return done;
  });
  const refused = results.filter((result) => result.response).length;
  log.info(
    { agentId: caller.agentId, operations: results.length, refused },
    'people and groups were provisioned',
  );
  return results;
}

function answer(context: Context, body: unknown) {
  return context.body(JSON.stringify(body), 200, SCIM_JSON);
}

function refuse(context: Context, status: ContentfulStatusCode, detail: string, scimType?: string) {
  return context.body(JSON.stringify(scimError(status, detail, scimType)), status, SCIM_JSON);
}
