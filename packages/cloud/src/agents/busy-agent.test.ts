import { OUTCOMES } from '@homeward/protocol/outcome';
import { pack, unpack } from '@homeward/protocol/package';
import { signReply } from '@homeward/protocol/reply';
import { expect, test } from 'vitest';
import { addPerson, agents, connectedAgent, orderFor, replyTo, tenant } from './scripted-agent.fixture.ts';

const APPLIED = { kind: 'applied' } as const;

test('an agent that is too busy for what it was sent ends it, and the person may order again at once', async () => {
  const agent = await connectedAgent();
  const person = await addPerson();
  const ordered = agents.writeback.order(orderFor(person, 10_000));
  await expect.poll(() => agent.frames.length, { timeout: 15_000 }).toBe(1);
  const { header } = await unpack(agent.frames[0] ?? new Uint8Array(), tenant.id, () => agent.packageKey);
  const { requestId } = header;
  const binding = { tenantId: tenant.id, agentId: agent.id, requestId };
  const told = { outcome: { kind: 'notStarted' }, event: OUTCOMES.notStarted.event } as const;
  const body = await signReply(told, binding, agent.keys.identity.privateKey);
  agent.socket.send(await pack({ header: { ...header, type: 'reply' }, body }, tenant.id, agent.packageKey));
  expect(await ordered).toEqual({ requestId, outcome: { kind: 'notStarted' } });
  await expect.poll(() => agent.told, { timeout: 15_000 }).toContain('settled');
  const again = agents.writeback.order(orderFor(person, 10_000));
  await expect.poll(() => agent.frames.length, { timeout: 15_000 }).toBe(2);
  await replyTo(agent, agent.frames[1] ?? new Uint8Array(), APPLIED);
  expect((await again).outcome).toEqual(APPLIED);
});
