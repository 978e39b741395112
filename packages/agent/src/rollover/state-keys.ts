import type { Bytes } from '@homeward/protocol/bytes';
import { ProtocolError } from '@homeward/protocol/errors';
import { newId } from '@homeward/protocol/id';
import { decodeRecipients, type RecipientList } from '@homeward/protocol/recipients';
import { decodeKeysAnswer, type KeysAnswer } from '@homeward/protocol/rollover';
import { openStatement, sealStatement } from '@homeward/protocol/statement';
import type { Enrolment } from '../enrol/enrolment.ts';
import { AgentError } from '../errors.ts';
import type { KeyGeneration } from '../keys/key-ring.ts';
import { proxyFaultIn } from '../network/proxy-tunnel.ts';

export type StateDeps = {
  enrolment: Pick<Enrolment, 'agentId' | 'tenantId' | 'cloudUrl'>;
  fetch: typeof globalThis.fetch;
};

const PATHS = {
  keys: 'agents/keys',
  ready: 'agents/keys/ready',
  retired: 'agents/keys/retired',
  recipients: 'agents/keys/recipients',
} as const;
const LIMIT = 10_000;

/**
 * States something about keys to the cloud, sealed under a generation that the cloud knows. It may be stated again.
 * @throws {AgentError} ERR_CLOUD_UNREACHABLE, ERR_KEYS_REFUSED
 */
export function stateKeys(
  deps: StateDeps,
  kind: 'keys' | 'ready' | 'retired',
  body: Bytes,
  under: KeyGeneration,
): Promise<KeysAnswer> {
  return state(deps, kind, body, under, decodeKeysAnswer);
}

/**
 * Asks the cloud who receives the passwords of this agent's forests.
 * @throws {AgentError} ERR_CLOUD_UNREACHABLE, ERR_KEYS_REFUSED
 */
export function askRecipients(deps: StateDeps, under: KeyGeneration): Promise<RecipientList> {
  return state(deps, 'recipients', new Uint8Array(0), under, decodeRecipients);
}

async function state<Answer>(
  { enrolment, fetch }: StateDeps,
  kind: keyof typeof PATHS,
  body: Bytes,
  under: KeyGeneration,
  decode: (body: Bytes) => Answer,
): Promise<Answer> {
  const { agentId, tenantId, cloudUrl } = enrolment;
  const id = newId();
  const url = new URL(PATHS[kind], cloudUrl.endsWith('/') ? cloudUrl : `${cloudUrl}/`);
  const statement = await sealStatement({ kind, agentId, id, body }, tenantId, under.package);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: statement,
    redirect: 'error',
    signal: AbortSignal.timeout(LIMIT),
  }).catch((cause: unknown) => {
    throw (
      proxyFaultIn(cause) ??
      new AgentError('ERR_CLOUD_UNREACHABLE', `${url.origin} does not answer`, { cause })
    );
  });
  if (response.status >= 500)
    throw new AgentError('ERR_CLOUD_UNREACHABLE', `${url.origin} cannot answer now: HTTP ${response.status}`);
  if (!response.ok) {
    throw new AgentError(
      'ERR_KEYS_REFUSED',
      `${url.origin} does not take what this agent says of its keys (HTTP ${response.status}): it waits to be ` +
        'admitted, was revoked, or the state folder or the cloud was set back to an older copy',
    );
  }
  const answer = new Uint8Array(await response.arrayBuffer());
  try {
    const opened = await openStatement(answer, tenantId, () => under.package);
    if (opened.kind !== 'answer' || opened.id !== id || opened.agentId !== agentId)
      throw new ProtocolError('ERR_STATEMENT_MALFORMED', 'an answer to something else');
    return decode(opened.body);
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new AgentError('ERR_CLOUD_UNREACHABLE', `what answers at ${url.origin} is not the cloud`, {
      cause,
    });
  }
}
