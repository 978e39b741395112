import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import type { AgentTokens, ScimCaller } from './agent-tokens.ts';
import { type ApplyContext, applyOperation, type OperationResult } from './apply-operation.ts';
import {
  bulkRequestSchema,
  MAX_OPERATIONS,
  MAX_PAYLOAD,
  problemsOf,
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

/** `POST /scim/v2/Bulk` (RFC 7644 section 3.7), users only: how agents describe the people of their forest. */
export function scimRoutes(deps: ScimDeps): Hono {
  const routes = new Hono();
  routes.post(
    '/Bulk',
    bodyLimit({
      maxSize: MAX_PAYLOAD,
      onError: (context) => refuse(context, 413, `A request is at most ${MAX_PAYLOAD} bytes.`),
    }),
    async (context) => {
      const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(context.req.header('authorization') ?? '')?.[1];
      const caller = token === undefined ? undefined : await deps.tokens.verify(token);
      if (!caller) {
        context.header('www-authenticate', 'Bearer');
        return refuse(context, 401, 'A valid token of an enrolled agent is needed.');
      }
      const request = bulkRequestSchema.safeParse(await context.req.json().catch(() => undefined));
      if (!request.success) return refuse(context, 400, problemsOf(request.error), 'invalidSyntax');
      const { Operations, failOnErrors } = request.data;
      if (Operations.length > MAX_OPERATIONS) {
        return refuse(context, 413, `A request has at most ${MAX_OPERATIONS} operations.`);
      }
      const results = await applyAll(deps, caller, Operations, failOnErrors ?? Number.POSITIVE_INFINITY);
      return context.body(
        JSON.stringify({ schemas: [SCHEMAS.bulkResponse], Operations: results }),
        200,
        SCIM_JSON,
      );
    },
  );
  routes.onError((error, context) => {
    deps.log.error({ err: error }, 'provisioning failed');
    return refuse(context, 500, 'The cloud failed; nothing of this request was done. Send it again.');
  });
  routes.notFound((context) => refuse(context, 404, 'There is no such endpoint.'));
  return routes;
}

const SCIM_JSON = { 'content-type': 'application/scim+json; charset=utf-8', 'cache-control': 'no-store' };

async function applyAll(
  { store, clock, publicUrl, log }: ScimDeps,
  caller: ScimCaller,
  operations: readonly unknown[],
  maxErrors: number,
): Promise<OperationResult[]> {
  const results = await store.transaction(async (stores) => {
    const context: ApplyContext = {
      caller,
      stores,
      locationOf: (id) => `${publicUrl}/scim/v2/Users/${id}`,
      now: clock(),
    };
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
  log.info({ agentId: caller.agentId, operations: results.length, refused }, 'people were provisioned');
  return results;
}

function refuse(context: Context, status: ContentfulStatusCode, detail: string, scimType?: string) {
  return context.body(JSON.stringify(scimError(status, detail, scimType)), status, SCIM_JSON);
}
