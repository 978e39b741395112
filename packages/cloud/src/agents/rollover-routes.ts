/** `POST /agents/keys`, and below it `/ready`, `/retired`, `/recipients`: sealed statements in, sealed answers out. */
import type { Bytes } from '@homeward/protocol/bytes';
import { ProtocolError } from '@homeward/protocol/errors';
import { EVENTS } from '@homeward/protocol/event';
import { encodeRecipients } from '@homeward/protocol/recipients';
import {
  decodeGenerationName,
  encodeKeysAnswer,
  type KeysResult,
  type KeysStatement,
  verifyKeys,
} from '@homeward/protocol/rollover';
import { importRecipient } from '@homeward/protocol/seal';
import { openStatement, type StatementKind, sealStatement } from '@homeward/protocol/statement';
import { type Context, Hono } from 'hono';
import { auditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';
import { recipientsFor } from './agent-recipients.ts';
import {
  type Agent,
  type AgentRegistry,
  generationOfPackage,
  type KeyGeneration,
  packageKeyOf,
} from './agent-registry.ts';
import { forgetRetired, makeCurrent, retiringOf, takeKeys } from './rollover-store.ts';

export type RolloverDeps = {
  database: Database;
  secrets: Secrets;
  registry: AgentRegistry;
  tenant: { id: string };
  clock: Clock;
  log: { info: (fields: object, message: string) => void };
};

type Stated = { agent: Agent; sealedUnder: KeyGeneration; body: Uint8Array };

export function rolloverRoutes(deps: RolloverDeps): Hono {
  const answer = (kind: StatementKind, act: (stated: Stated) => Promise<Bytes>) => (context: Context) =>
    answerStatement(deps, context, kind, act);
  const keysAnswer = (act: (deps: RolloverDeps, stated: Stated) => Promise<KeysResult>) => {
    return async (stated: Stated): Promise<Bytes> => {
      const result = await act(deps, stated);
      await deps.registry.refresh();
      const now = deps.clock();
      return encodeKeysAnswer({ result, now, ...(await retiringOf(deps.database, stated.agent.id, now)) });
    };
  };
  return new Hono()
    .post('/', answer('keys', keysAnswer(receiveKeys)))
    .post('/ready', answer('ready', keysAnswer(receiveReady)))
    .post('/retired', answer('retired', keysAnswer(receiveRetired)))
    .post(
      '/recipients',
      answer('recipients', async ({ agent }) => encodeRecipients(await recipientsFor(deps.database, agent))),
    );
}

async function receiveKeys(deps: RolloverDeps, { agent, sealedUnder, body }: Stated): Promise<KeysResult> {
  const { database, secrets, clock, tenant, log } = deps;
  if (sealedUnder.state === 'pending') return 'conflict';
  const keys = await verifyKeys(body, { tenantId: tenant.id, agentId: agent.id }, sealedUnder.identity);
  if (!(await hasUsableKey(keys))) return 'conflict';
  const result = await takeKeys(database, { secrets, agentId: agent.id, keys, now: clock() });
  log.info({ agentId: agent.id, generation: keys.number, result }, 'an agent announced new keys');
  return result;
}

async function receiveReady(deps: RolloverDeps, { agent, sealedUnder, body }: Stated): Promise<KeysResult> {
  const { database, clock, tenant, log } = deps;
  const name = decodeGenerationName(body);
  // Sealed under its own package key: that the agent opens with this generation is thereby shown.
  if (name.packageKeyId !== sealedUnder.packageKey.id) return 'conflict';
  const now = clock();
  const result = await makeCurrent(database, { agentId: agent.id, name, now });
  if (result !== 'switched') return result;
  const audited = { tenantId: tenant.id, at: now, actorId: agent.id } as const;
  await auditLog(database).append({ ...audited, activity: 'rollAgentKeys', result: 'success' });
  const fields = { event: EVENTS.keysCreated, agentId: agent.id, generation: name.number };
  log.info(fields, 'an agent’s new keys are in use');
  return 'taken';
}

async function receiveRetired(deps: RolloverDeps, { agent, sealedUnder, body }: Stated): Promise<KeysResult> {
  const name = decodeGenerationName(body);
  if (name.number === sealedUnder.number || name.number === agent.current.number) return 'conflict';
  const gone = await forgetRetired(deps.database, agent.id, name);
  if (gone)
    deps.log.info({ agentId: agent.id, generation: name.number }, 'an agent’s old keys are destroyed');
  return 'taken';
}

async function answerStatement(
  deps: RolloverDeps,
  context: Context,
  kind: StatementKind,
  act: (stated: Stated) => Promise<Bytes>,
): Promise<Response> {
  const { registry, tenant } = deps;
  try {
    const bytes = new Uint8Array(await context.req.arrayBuffer());
    const keyOf = (id: string, agentId: string) => {
      const agent = registry.get(agentId);
      return agent && packageKeyOf(agent, id);
    };
    const statement = await openStatement(bytes, tenant.id, keyOf);
    const agent = registry.get(statement.agentId);
    const sealedUnder = agent && generationOfPackage(agent, statement.packageKeyId);
    if (statement.kind !== kind || agent === undefined || sealedUnder === undefined)
      throw new ProtocolError('ERR_STATEMENT_MALFORMED', `a statement of another kind than ${kind}`);
    const body = await act({ agent, sealedUnder, body: statement.body });
    const told = { kind: 'answer', agentId: agent.id, id: statement.id, body } as const;
    const sealed = await sealStatement(told, tenant.id, sealedUnder.packageKey);
    return context.body(sealed, 200, { 'content-type': 'application/octet-stream' });
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const { code } = error;
    deps.log.info({ code, statement: kind }, 'a statement about keys was refused');
    return context.json({ error: code }, code === 'ERR_PACKAGE_KEY' ? 401 : 400);
  }
}

/** A key that cannot be imported would otherwise be found at somebody's first reset. */
async function hasUsableKey({ passwordKey }: KeysStatement): Promise<boolean> {
  return importRecipient(passwordKey).then(
    () => true,
    () => false,
  );
}
