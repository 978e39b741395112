/** What an enrolled agent cannot do although its keys are good: take, answer or keep what is another's. */
import { sha256, toBase64url } from '@homeward/protocol/bytes';
import { encodeClaim, encodeDecline } from '@homeward/protocol/control';
import { decodeFrameHeader, type FrameHeader } from '@homeward/protocol/frame';
import type { Outcome } from '@homeward/protocol/outcome';
import { pack, unpack } from '@homeward/protocol/package';
import { signReply } from '@homeward/protocol/reply';
import { decodeRequest } from '@homeward/protocol/request';
import { expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { hasCome, holdLimits, limitsEnd } from './held-time.fixture.ts';
import {
  addPerson,
  agents,
  askToken,
  assertionOf,
  connect,
  connectedAgent,
  database,
  forest,
  orderFor,
  replyTo,
  type ScriptedAgent,
  tenant,
} from './scripted-agent.fixture.ts';

const APPLIED = { kind: 'applied' } as const;

/** The header of the first offer that this agent gets. */
function offerTo(agent: ScriptedAgent): Promise<FrameHeader> {
  const { receive } = agent;
  return new Promise((resolve) => {
    agent.receive = (frame) => {
      const header = decodeFrameHeader(frame);
      if (header.type === 'offer') resolve(header);
      receive(frame);
    };
  });
}

async function say(
  agent: ScriptedAgent,
  header: Omit<FrameHeader, 'agentId'>,
  body: Uint8Array<ArrayBuffer>,
) {
  const own = { ...header, agentId: agent.id };
  agent.socket.send(await pack({ header: own, body }, tenant.id, agent.packageKey));
}

async function requestOf(agent: ScriptedAgent): Promise<Uint8Array> {
  await eventually(() => agent.frames.length).toBeGreaterThan(0);
  return agent.frames.at(-1) ?? new Uint8Array();
}

/** Signed and packed by `agent` as its own, about a request that `owner` has. */
async function replyInPlaceOf(
  owner: ScriptedAgent,
  agent: ScriptedAgent,
  frame: Uint8Array,
  told: { outcome: Outcome; as: string },
) {
  const { header, body } = await unpack(frame, tenant.id, () => owner.packageKey);
  const binding = { tenantId: tenant.id, agentId: told.as, requestId: header.requestId };
  const sealedDigest = await sha256(decodeRequest(body).inner);
  const signed = await signReply(
    { outcome: told.outcome, event: 31_002 },
    { ...binding, sealedDigest },
    agent.keys.identity.privateKey,
  );
  await say(agent, { ...header, type: 'reply' }, signed);
}

test.each(['claim', 'decline'] as const)(
  'a %s of what was offered to another agent is void',
  async (type) => {
    const asked = await connectedAgent('nothing');
    const other = await connectedAgent('nothing');
    const offered = offerTo(asked);
    holdLimits();
    const ordered = agents.writeback.order(orderFor(await addPerson()));
    const body = type === 'claim' ? encodeClaim(1) : encodeDecline({ offer: 1, reason: 'busy' });
    await say(other, { ...(await offered), type }, body);
    // Whoever was asked may still claim for as long as it was given; then the other one is, who says nothing more.
    await hasCome(other.socket);
    expect(other.told).toEqual([]);
    limitsEnd();
    await eventually(() => other.told).toEqual(['offer']);
    limitsEnd();
    expect((await ordered).outcome).toEqual({ kind: 'notStarted' });
    expect([asked.frames, other.frames]).toEqual([[], []]);
  },
);

test('an answer to what another agent has settles nothing, whoever it says it is from', async () => {
  const owner = await connectedAgent();
  const other = await connectedAgent();
  const ordered = agents.writeback.order(orderFor(await addPerson(), 1_000));
  const frame = await requestOf(owner);
  for (const as of [owner.id, other.id])
    await replyInPlaceOf(owner, other, frame, { outcome: { kind: 'notFound' }, as });
  const { requestId, outcome } = await ordered;
  expect(outcome).toEqual({ kind: 'pending' });
  expect(other.told).toEqual([]);
  await replyTo(owner, frame, APPLIED);
  await eventually(() => agents.writeback.find(requestId)).toEqual(APPLIED);
});

test('success that is not signed over what was sealed is none', async () => {
  const agent = await connectedAgent();
  const ordered = agents.writeback.order(orderFor(await addPerson(), 1_000));
  const { header } = await unpack(await requestOf(agent), tenant.id, () => agent.packageKey);
  const binding = { tenantId: tenant.id, agentId: agent.id, requestId: header.requestId };
  const told = { outcome: APPLIED, event: 31_002 };
  await say(
    agent,
    { ...header, type: 'reply' },
    await signReply(told, binding, agent.keys.identity.privateKey),
  );
  expect((await ordered).outcome).toEqual({ kind: 'pending' });
  expect(agent.told).toEqual(['offer']);
});

test('what one agent was granted never goes to another, also when its link is lost', async () => {
  const owner = await connectedAgent();
  const standby = await connectedAgent();
  const ordered = agents.writeback.order(orderFor(await addPerson(), 1_000));
  const frame = await requestOf(owner);
  owner.socket.terminate();
  const { requestId, outcome } = await ordered;
  expect(outcome).toEqual({ kind: 'pending' });
  const relayUrl = owner.socket.url;
  standby.socket = await connect({ agentId: standby.id, relayUrl }, standby.keys, (received) =>
    standby.receive(received),
  );
  owner.socket = await connect({ agentId: owner.id, relayUrl }, owner.keys, (received) =>
    owner.receive(received),
  );
  await eventually(() => owner.frames.length).toBe(2);
  expect(owner.frames[1]).toEqual(frame);
  expect([standby.told, standby.frames]).toEqual([[], []]);
  const row = await database.selectFrom('request').select('agentId').where('id', '=', requestId).execute();
  expect(row).toEqual([{ agentId: owner.id }]);
});

test('an agent of another forest is offered nothing, asked nothing, and no recipient of a ticket', async () => {
  const elsewhere = await connectedAgent();
  const forests = JSON.stringify([{ ...forest, sid: 'S-1-5-21-40-50-60' }]);
  await database.updateTable('agent').set({ forests }).where('id', '=', elsewhere.id).execute();
  const own = await connectedAgent();
  const order = orderFor(await addPerson());
  const ordered = agents.writeback.order(order);
  await replyTo(own, await requestOf(own), APPLIED);
  expect((await ordered).outcome).toEqual(APPLIED);
  const ticket = await agents.writeback.ticket(order);
  expect(ticket?.recipients).toEqual([toBase64url(own.keys.passwordKey)]);
  own.socket.terminate();
  await eventually(() => agents.writeback.ticket(order)).toBeUndefined();
  expect((await agents.writeback.order(orderFor(await addPerson()))).outcome).toEqual({ kind: 'notStarted' });
  expect(await agents.writeback.inspect({ ...order, patience: 50 })).toEqual({
    outcome: { kind: 'notStarted' },
  });
  expect([elsewhere.told, elsewhere.frames]).toEqual([[], []]);
});

test('an agent that is revoked loses its link, its credential and its word', async () => {
  const agent = await connectedAgent();
  const closed = new Promise((resolve) => agent.socket.once('close', resolve));
  const { requestId } = await agents.writeback.order(orderFor(await addPerson(), 100));
  const frame = await requestOf(agent);
  const late = replyTo(agent, frame, APPLIED);
  await agents.onboarding.revoke(agent.id);
  await late.catch(() => undefined);
  expect(await closed).toBe(4403);
  expect((await askToken(await assertionOf(agent.keys, agent.id))).status).toBe(401);
  await eventually(() => agents.writeback.find(requestId)).not.toEqual({ kind: 'pending' });
  expect((await agents.writeback.order(orderFor(await addPerson()))).outcome).toEqual({ kind: 'notStarted' });
});
