/** A REPLY from an agent, authenticated: packed by it, and signed over what it answers. */
import { ProtocolError } from '@homeward/protocol/errors';
import type { OutcomeKind } from '@homeward/protocol/outcome';
import { unpack } from '@homeward/protocol/package';
import { decodeReply, REPLY_BODY_SIZE, type Reply, verifyReply } from '@homeward/protocol/reply';
import { type Agent, packageKeyOf, signerOf } from './agent-registry.ts';
import { isForgery } from './forged-frames.ts';
import type { GrantedRequest } from './pack-request.ts';

/** Told of a request that never arrived, or not whole, or was forgotten: the agent has nothing of it that it could sign. */
const WITHOUT_SEALED: ReadonlySet<OutcomeKind> = new Set<OutcomeKind>([
  'notStarted',
  'agentFault',
  'expired',
  'unknown',
]);

export type ReplyContext = {
  tenantId: string;
  agent: Agent;
  requestId: string;
  /** undefined where it is settled, or not known here: then only the package is checked */
  request: GrantedRequest | undefined;
};

/**
 * @returns the code of the refusal for whatever is not this agent's answer
 * @throws {ProtocolError} ERR_PACKAGE_… for what is not packed with its key
 */
export async function readReply(frame: Uint8Array, context: ReplyContext): Promise<Reply | string> {
  const { tenantId, agent, requestId, request } = context;
  try {
    const { body } = await unpack(frame, tenantId, (id) => packageKeyOf(agent, id));
    if (request === undefined) return decodeReply(body.subarray(0, REPLY_BODY_SIZE));
    const { identity } = signerOf(agent, frame);
    const binding = { tenantId, agentId: agent.id, requestId };
    const { sealedDigest } = request;
    if (sealedDigest === undefined) return await verifyReply(body, binding, identity);
    return await verifyReply(body, { ...binding, sealedDigest }, identity).catch(async (error: unknown) => {
      const reply = await verifyReply(body, binding, identity);
      if (WITHOUT_SEALED.has(reply.outcome.kind)) return reply;
      throw error;
    });
  } catch (error) {
    if (error instanceof ProtocolError && !isForgery(error.code)) return error.code;
    throw error;
  }
}
