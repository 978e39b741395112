/** A link that brings what no agent of ours packed. */
import type { FrameType } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import { importPackageKey, pack } from '@homeward/protocol/package';
import { expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { anotherLink } from './another-link.fixture.ts';
import { addPerson, agents, clock, connectedAgent, orderFor, tenant } from './scripted-agent.fixture.ts';

const TYPES: readonly FrameType[] = ['reply', 'claim', 'heartbeat', 'decline', 'probed'];
const aMoment = () => new Promise((done) => setTimeout(done, 80));

/** Frames of every type that name the agent's own package key, and are sealed with another. */
async function forged(agent: Awaited<ReturnType<typeof connectedAgent>>, count: number, size = 336) {
  const key = await importPackageKey(agent.packageKey.id, new Uint8Array(32));
  return Promise.all(
    Array.from({ length: count }, (_, index) => {
      const type = TYPES[index % TYPES.length] ?? 'reply';
      const header = { type, agentId: agent.id, requestId: newId(), expires: clock.now + 60_000 };
      return pack({ header, body: new Uint8Array(size) }, tenant.id, key);
    }),
  );
}

test('the sixteenth package that does not open ends its link by name, and no other', async () => {
  const agent = await connectedAgent();
  const link = await anotherLink(agent);
  for (const frame of await forged(agent, 15)) link.socket.send(frame);
  await aMoment();
  expect(link.socket.readyState).toBe(1);
  for (const frame of await forged(agent, 1)) link.socket.send(frame);
  expect(await link.closed).toBe(4422);
  expect(agent.socket.readyState).toBe(1);
});

test('what opens and cannot be read, or is about nothing that is known, ends no link', async () => {
  const agent = await connectedAgent();
  for (let index = 0; index < 40; index++) {
    const type = TYPES[index % TYPES.length] ?? 'reply';
    const header = { type, agentId: agent.id, requestId: newId(), expires: clock.now + 60_000 };
    agent.socket.send(await pack({ header, body: new Uint8Array(336) }, tenant.id, agent.packageKey));
  }
  await aMoment();
  expect(agent.socket.readyState).toBe(1);
  await agents.writeback.order(orderFor(await addPerson(), 100));
  await eventually(() => agent.frames).toHaveLength(1);
});
