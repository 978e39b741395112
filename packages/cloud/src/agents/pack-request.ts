import { sha256 } from '@homeward/protocol/bytes';
import { newId } from '@homeward/protocol/id';
import { FLAGS, type Operation } from '@homeward/protocol/operation';
import { pack } from '@homeward/protocol/package';
import type { Password } from '@homeward/protocol/password';
import { encodeRequest } from '@homeward/protocol/request';
import { seal } from '@homeward/protocol/seal';
import type { Agent } from './agent-registry.ts';

/** A request that an agent has, or may have. */
export type GrantedRequest = {
  id: string;
  tenantId: string;
  flowId: string;
  personId: string;
  operation: Operation;
  agentId: string;
  /** SHA-256 of the inner envelope; undefined for an operation that carries no password */
  sealedDigest: Uint8Array | undefined;
  /** Unix ms */
  issued: number;
  /** Unix ms */
  expires: number;
};

export type RequestToPack = {
  operation: Operation;
  flowId: string;
  personId: string;
  actorId: string;
  /** sealed here, on receipt; nothing but the frame leaves with it */
  password?: Password;
};

/** What no agent takes within two minutes is gone; it may never live for longer than five. */
const LIFETIME = 2 * 60_000;

/** Seals, packs, and says what has to be remembered of it. */
export async function packRequest(
  asked: RequestToPack,
  agent: Agent,
  issued: number,
): Promise<{ request: GrantedRequest; frame: Uint8Array }> {
  const { operation, flowId, personId, actorId, password } = asked;
  const { tenantId } = agent;
  const id = newId();
  const expires = issued + LIFETIME;
  const flags = FLAGS.unlockToo | (password === undefined ? 0 : FLAGS.sealedByCloud);
  const binding = { tenantId, requestId: id, operation, flags, cloudAnchor: personId, issued, expires };
  const inner =
    password === undefined ? undefined : await seal({ next: password }, binding, [agent.current.recipient]);
  const body = encodeRequest({ ...binding, actorId, inner: inner ?? new Uint8Array(0) });
  const header = { type: 'request' as const, agentId: agent.id, requestId: id, expires };
  const frame = await pack({ header, body }, tenantId, agent.current.packageKey);
  const sealedDigest = inner && (await sha256(inner));
  return {
    frame,
    request: { id, tenantId, flowId, personId, operation, agentId: agent.id, sealedDigest, issued, expires },
  };
}
