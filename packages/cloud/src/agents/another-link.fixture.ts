import { once } from 'node:events';
import { decodeFrameHeader, type FrameType } from '@homeward/protocol/frame';
import type { WebSocket } from 'ws';
import { eventually } from '../testing/eventually.ts';
import { hasCome } from './held-time.fixture.ts';
import { agents, connect, type LinkChanges, type ScriptedAgent } from './scripted-agent.fixture.ts';

/** One more link of an agent, or of a copy of it: what it hears is kept apart. */
export async function anotherLink(agent: ScriptedAgent, changes?: LinkChanges) {
  const heard: FrameType[] = [];
  const target = { agentId: agent.id, relayUrl: agent.socket.url };
  const receive = (frame: Uint8Array) => void heard.push(decodeFrameHeader(frame).type);
  const socket = await connect(target, agent.keys, receive, changes);
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  return { socket, heard, closed };
}

/** Ends the agent's own link. Until the cloud has noticed, it would still send by it. */
export async function cutLink({ id, socket }: ScriptedAgent): Promise<void> {
  const links = async () => {
    const { agents: known } = await agents.status.status();
    return known.find((agent) => agent.id === id)?.links ?? 0;
  };
  const before = await links();
  socket.terminate();
  await eventually(links).toBe(before - 1);
}

/** The cloud asks who is there, and has this link's answer. To be called before it can have asked. */
export async function answersPing(socket: WebSocket): Promise<void> {
  await once(socket, 'ping');
  await hasCome(socket);
}
