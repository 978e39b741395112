/** A REPLY from the relay, from its bytes to what is written down of it. Whatever is not authentic changes nothing. */
import type { FrameHeader } from '@homeward/protocol/frame';
import type { Reply } from '@homeward/protocol/reply';
import type { Clock } from '../clock.ts';
import type { OpenStore } from '../store/database.ts';
import type { Agent } from './agent-registry.ts';
import type { GrantedRequest } from './pack-request.ts';
import { readReply } from './read-reply.ts';
import { recordRecovered } from './recovered-outcomes.ts';
import { findGranted } from './request-store.ts';
import { tellAgent } from './tell-agent.ts';

export type ReplyDeps = Pick<OpenStore, 'database' | 'flushed'> & {
  relay: { send: (agentId: string, frame: Uint8Array) => unknown };
  tenantId: string;
  clock: Clock;
  log: { info: (fields: object, message: string) => void; warn: (fields: object, message: string) => void };
};

export type ReplyTo = {
  /** the request that somebody waits for here */
  awaited: GrantedRequest | undefined;
  settle: (request: GrantedRequest, reply: Reply) => Promise<void>;
};

export async function takeReply(
  deps: ReplyDeps,
  header: FrameHeader,
  frame: Uint8Array,
  { agent, awaited, settle }: ReplyTo & { agent: Agent },
): Promise<void> {
  const { database, log, tenantId, clock } = deps;
  const { requestId } = header;
  const agentId = agent.id;
  const request = awaited ?? (await findGranted(database, requestId));
  if (request !== undefined && request.agentId !== agentId) return;
  const reply = await readReply(frame, { tenantId, agent, requestId, request });
  if (typeof reply === 'string') {
    log.warn({ requestId, agentId, code: reply }, 'a reply was refused');
    return;
  }
  if (request !== undefined) await settle(request, reply);
  else await recordRecovered(database, { tenantId, agentId, requestId, reply, at: clock() });
  log.info({ requestId, agentId, bytes: frame.length }, 'reply received');
  if (request?.operation === 'dryRun') return;
  // Once it is told so, the agent will not tell it again: not before a power cut cannot undo it.
  await deps.flushed();
  await tellAgent(deps.relay, agent, 'settled', header);
}
