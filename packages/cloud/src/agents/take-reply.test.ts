import { newId } from '@homeward/protocol/id';
import { pack } from '@homeward/protocol/package';
import { encodeRequest } from '@homeward/protocol/request';
import { expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import {
  addPerson,
  agents,
  clock,
  connectedAgent,
  database,
  disk,
  orderFor,
  replyTo,
  type ScriptedAgent,
  tenant,
} from './scripted-agent.fixture.ts';

const recovered = () =>
  database
    .selectFrom('audit')
    .select(['requestId', 'result', 'actorId'])
    .where('activity', '=', 'outcomeRecovered')
    .execute();

/** A request that this cloud does not know any more: it was made before the store was restored. */
async function lostRequest(agent: ScriptedAgent) {
  const requestId = newId();
  const expires = clock.now + 60_000;
  const contents = { actorId: newId(), cloudAnchor: newId(), inner: new Uint8Array(0) };
  const body = encodeRequest({ ...contents, operation: 'unlock', flags: 0, issued: clock.now, expires });
  const header = { type: 'request' as const, agentId: agent.id, requestId, expires };
  return { requestId, frame: await pack({ header, body }, tenant.id, agent.packageKey) };
}

test('a person is answered before the disk has it, and the agent is told only afterwards', async () => {
  const power = Promise.withResolvers<void>();
  const personId = await addPerson();
  const agent = await connectedAgent();
  const ordered = agents.writeback.order(orderFor(personId));
  await eventually(() => agent.frames.length).toBe(1);
  disk.flushed = () => power.promise;
  await replyTo(agent, agent.frames[0] ?? new Uint8Array(), { kind: 'applied' });
  expect(await ordered).toMatchObject({ outcome: { kind: 'applied' } });
  await new Promise((done) => setTimeout(done, 50));
  expect(agent.told).not.toContain('settled');
  power.resolve();
  await eventually(() => agent.told).toContain('settled');
});

test('an agent whose outcome did not reach the disk is not told that it did', async () => {
  const personId = await addPerson();
  const agent = await connectedAgent();
  const ordered = agents.writeback.order(orderFor(personId));
  await eventually(() => agent.frames.length).toBe(1);
  const failing = Promise.withResolvers<void>();
  disk.flushed = () => {
    failing.resolve();
    return Promise.reject(new Error('EIO'));
  };
  await replyTo(agent, agent.frames[0] ?? new Uint8Array(), { kind: 'applied' });
  await ordered;
  await failing.promise;
  await new Promise((done) => setTimeout(done, 50));
  expect(agent.told).not.toContain('settled');
});

test('the outcome of a request that a restored store has lost is written down once, and acknowledged', async () => {
  const agent = await connectedAgent();
  const { requestId, frame } = await lostRequest(agent);
  await replyTo(agent, frame, { kind: 'applied' });
  await eventually(() => agent.told).toEqual(['settled']);
  await replyTo(agent, frame, { kind: 'applied' });
  await eventually(() => agent.told).toEqual(['settled', 'settled']);
  expect(await recovered()).toEqual([{ requestId, result: 'applied', actorId: agent.id }]);
});

test('an inspection that is answered too late is nothing that was lost', async () => {
  const personId = await addPerson();
  const agent = await connectedAgent();
  await agents.writeback.inspect({ flowId: newId(), personId, patience: 30 });
  await eventually(() => agent.frames.length).toBe(1);
  const [dryRun] = agent.frames;
  await replyTo(agent, dryRun ?? new Uint8Array(), { kind: 'applied' });
  const { frame } = await lostRequest(agent);
  await replyTo(agent, frame, { kind: 'applied' });
  await eventually(() => agent.told).toEqual(['settled']);
  expect(await recovered()).toHaveLength(1);
});
