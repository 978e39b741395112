import { decodeFrameHeader, type FrameType } from '@homeward/protocol/frame';
import { connect, type LinkChanges, type ScriptedAgent } from './scripted-agent.fixture.ts';

/** One more link of an agent, or of a copy of it: what it hears is kept apart. */
export async function anotherLink(agent: ScriptedAgent, changes?: LinkChanges) {
  const heard: FrameType[] = [];
  const target = { agentId: agent.id, relayUrl: agent.socket.url };
  const receive = (frame: Uint8Array) => void heard.push(decodeFrameHeader(frame).type);
  const socket = await connect(target, agent.keys, receive, changes);
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  return { socket, heard, closed };
}
