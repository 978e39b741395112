import type { FrameType } from '@homeward/protocol/frame';
import { pack } from '@homeward/protocol/package';
import type { Agent } from './agent-registry.ts';

/** Sends a package that says all by its type and request id. Nothing waits where the agent is away: it is told again. */
export async function tellAgent(
  relay: { send: (agentId: string, frame: Uint8Array) => unknown },
  { id: agentId, tenantId, current }: Agent,
  type: Extract<FrameType, 'settled' | 'whatOf'>,
  { requestId, expires }: { requestId: string; expires: number },
): Promise<void> {
  const contents = { header: { type, agentId, requestId, expires }, body: new Uint8Array(0) };
  relay.send(agentId, await pack(contents, tenantId, current.packageKey));
}
