import { type Bytes, sha256 } from '@homeward/protocol/bytes';
import { newId } from '@homeward/protocol/id';
import { FLAGS, type Operation } from '@homeward/protocol/operation';
import { pack } from '@homeward/protocol/package';
import type { Password } from '@homeward/protocol/password';
import { encodeRequest } from '@homeward/protocol/request';
import { seal } from '@homeward/protocol/seal';
import type { Agent } from './agent-registry.ts';

/** A request before an agent has it. */
export type OpenRequest = {
  id: string;
  tenantId: string;
  flowId: string;
  personId: string;
  actorId: string;
  operation: Operation;
  /** bits of FLAGS */
  flags: number;
  /** Unix ms */
  issued: number;
  /** Unix ms */
  expires: number;
};

/** A request that an agent has, or may have. */
export type GrantedRequest = Omit<OpenRequest, 'actorId' | 'flags'> & {
  agentId: string;
  /** SHA-256 of the inner envelope; undefined for an operation that carries no password */
  sealedDigest: Uint8Array | undefined;
};

/** What no agent takes within two minutes is gone; it may never live for longer than five. */
export const LIFETIME = 2 * 60_000;

const NOTHING: Bytes = new Uint8Array(0);

type Asked = Pick<OpenRequest, 'tenantId' | 'operation' | 'flowId' | 'personId' | 'actorId'>;

export function openRequest(asked: Asked, sealedByCloud: boolean, issued: number): OpenRequest {
  const { tenantId, operation, flowId, personId, actorId } = asked;
  const flags = FLAGS.unlockToo | (sealedByCloud ? FLAGS.sealedByCloud : 0);
  const times = { issued, expires: issued + LIFETIME };
  return { id: newId(), tenantId, flowId, personId, actorId, operation, flags, ...times };
}

/** Seals on receipt, for a browser without script. */
export function sealHere(request: OpenRequest, next: Password, agents: readonly Agent[]): Promise<Bytes> {
  const { id: requestId, personId: cloudAnchor } = request;
  const recipients = agents.map(({ current }) => current.recipient);
  return seal({ next }, { ...request, requestId, cloudAnchor }, recipients);
}

/** What has to be remembered of a request that one agent gets. */
export async function grantedTo(
  { actorId: _, flags: __, ...request }: OpenRequest,
  agent: Agent,
  inner: Bytes = NOTHING,
): Promise<GrantedRequest> {
  const sealedDigest = inner.length > 0 ? await sha256(inner) : undefined;
  return { ...request, agentId: agent.id, sealedDigest };
}

/** Packs for the one agent that gets it. */
export function packRequest(request: OpenRequest, agent: Agent, inner: Bytes = NOTHING): Promise<Bytes> {
  const { id: requestId, tenantId, personId, expires } = request;
  const body = encodeRequest({ ...request, cloudAnchor: personId, inner });
  const header = { type: 'request' as const, agentId: agent.id, requestId, expires };
  return pack({ header, body }, tenantId, agent.current.packageKey);
}
