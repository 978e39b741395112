import { toBase64url } from '@homeward/protocol/bytes';
import { newId } from '@homeward/protocol/id';
import { unpack } from '@homeward/protocol/package';
import { Password } from '@homeward/protocol/password';
import { decodeRequest } from '@homeward/protocol/request';
import { sealFor, type Ticket } from '@homeward/protocol/ticket';
import { expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { hasCome, holdLimits, limitsEnd } from './held-time.fixture.ts';
import {
  addPerson,
  agents,
  answerOffer,
  clock,
  connect,
  connectedAgent,
  database,
  orderFor,
  replyTo,
  report,
  type ScriptedAgent,
  tenant,
} from './scripted-agent.fixture.ts';

/** ms: for requests that nobody answers */
const A_MOMENT = 100;
const APPLIED = { kind: 'applied' } as const;
const stateOf = (requestId: string) =>
  database.selectFrom('request').select('state').where('id', '=', requestId).executeTakeFirst();

/** The agent has its offer, and the time to claim it is over. */
async function letOfferPass(agent: ScriptedAgent): Promise<void> {
  await eventually(() => agent.told).toContain('offer');
  limitsEnd();
}

async function firstRequest(agent: ScriptedAgent): Promise<Uint8Array> {
  await eventually(() => agent.frames.length).toBeGreaterThan(0);
  return agent.frames.at(-1) ?? new Uint8Array();
}

test('the request goes to the agent that claims it, and not to the standby', async () => {
  const personId = await addPerson();
  const first = await connectedAgent();
  const standby = await connectedAgent();
  const ordered = agents.writeback.order(orderFor(personId));
  const frame = await firstRequest(first);
  expect(frame.length).toBe(964);
  await replyTo(first, frame, APPLIED);
  expect((await ordered).outcome).toEqual(APPLIED);
  await eventually(() => first.told).toEqual(['offer', 'settled']);
  expect([standby.told, standby.frames]).toEqual([[], []]);
});

test.each(['decline', 'nothing'] as const)(
  'an offer that meets with %s goes to the standby',
  async (what) => {
    const personId = await addPerson();
    const first = await connectedAgent(what);
    const standby = await connectedAgent();
    holdLimits();
    const ordered = agents.writeback.order(orderFor(personId));
    if (what === 'nothing') await letOfferPass(first);
    await replyTo(standby, await firstRequest(standby), APPLIED);
    expect((await ordered).outcome).toEqual(APPLIED);
    expect(first.frames).toEqual([]);
  },
);

test('an agent that let an offer pass is asked last from then on', async () => {
  const [one, other] = [await addPerson(), await addPerson()];
  const first = await connectedAgent('nothing');
  const standby = await connectedAgent();
  holdLimits();
  for (const personId of [one, other]) {
    const ordered = agents.writeback.order(orderFor(personId));
    if (personId === one) await letOfferPass(first);
    await eventually(() => standby.frames.length).toBe(personId === one ? 1 : 2);
    await replyTo(standby, standby.frames.at(-1) ?? new Uint8Array(), APPLIED);
    await ordered;
  }
  expect(first.told).toEqual(['offer']);
});

test('where nobody claims, nothing was sent, and no row is left', async () => {
  const personId = await addPerson();
  const agent = await connectedAgent('nothing');
  holdLimits();
  const ordered = agents.writeback.order(orderFor(personId));
  await letOfferPass(agent);
  const { requestId, outcome } = await ordered;
  expect(outcome).toEqual({ kind: 'notStarted' });
  expect(agent.frames).toEqual([]);
  expect(await stateOf(requestId)).toBeUndefined();
});

test('a claim for another offer than the open one is void', async () => {
  const personId = await addPerson();
  const agent = await connectedAgent('nothing');
  const { receive } = agent;
  const claimed = new Promise<void>((resolve) => {
    agent.receive = (frame) => {
      receive(frame);
      answerOffer(agent, frame, 'claim', 1).then(resolve);
    };
  });
  holdLimits();
  const ordered = agents.writeback.order(orderFor(personId));
  await claimed;
  await hasCome(agent.socket);
  await letOfferPass(agent);
  expect((await ordered).outcome).toEqual({ kind: 'notStarted' });
});

test('a person has one request at a time, until the earlier one is long over', async () => {
  const personId = await addPerson();
  const agent = await connectedAgent();
  const first = await agents.writeback.order(orderFor(personId, A_MOMENT));
  expect(first.outcome).toEqual({ kind: 'pending' });
  const until = clock.now + 3 * 60_000;
  expect((await agents.writeback.order(orderFor(personId))).outcome).toEqual({
    kind: 'notStarted',
    retryAt: until,
  });
  clock.now = until + 1;
  const later = agents.writeback.order(orderFor(personId));
  await eventually(() => agent.frames.length).toBe(2);
  expect(await stateOf(first.requestId)).toEqual({ state: 'overdue' });
  await replyTo(agent, agent.frames[1] ?? new Uint8Array(), APPLIED);
  expect((await later).outcome).toEqual(APPLIED);
  await replyTo(agent, agent.frames[0] ?? new Uint8Array(), { kind: 'superseded' });
  await eventually(() => agents.writeback.find(first.requestId)).toEqual({ kind: 'superseded' });
});

test('a link that comes back in time gets the same bytes again, and later is asked what became of them', async () => {
  const personId = await addPerson();
  const agent = await connectedAgent();
  const { requestId } = await agents.writeback.order(orderFor(personId, A_MOMENT));
  await firstRequest(agent);
  const again = async () => {
    agent.socket.terminate();
    const target = { agentId: agent.id, relayUrl: agent.socket.url };
    agent.socket = await connect(target, agent.keys, (frame) => agent.receive(frame));
  };
  await again();
  await eventually(() => agent.frames.length).toBe(2);
  expect(agent.frames[1]).toEqual(agent.frames[0]);
  expect(agent.told).not.toContain('whatOf');
  clock.now += 2 * 60_000 + 1;
  await again();
  await eventually(() => agent.told).toContain('whatOf');
  expect(agent.frames).toHaveLength(2);
  expect(await agents.writeback.find(requestId)).toEqual({ kind: 'pending' });
});

test('with every heartbeat an agent is asked what became of a request that is over and has no end', async () => {
  const agent = await connectedAgent();
  const { requestId } = await agents.writeback.order(orderFor(await addPerson(), A_MOMENT));
  const heartbeat = () => report(agent);
  await heartbeat();
  // Answered by its own link in order: what a heartbeat asks for has come when the next request's offer has.
  await agents.writeback.order(orderFor(await addPerson(), A_MOMENT));
  expect(agent.told).toEqual(['offer', 'offer']);
  clock.now += 2 * 60_000 + 1;
  for (const times of [2, 4]) {
    await heartbeat();
    await eventually(() => agent.told.filter((type) => type === 'whatOf')).toHaveLength(times);
  }
  expect(await agents.writeback.find(requestId)).toEqual({ kind: 'pending' });
});

test('every copy of an answer is acknowledged, and the first one stands', async () => {
  const agent = await connectedAgent();
  const ordered = agents.writeback.order(orderFor(await addPerson()));
  const frame = await firstRequest(agent);
  await replyTo(agent, frame, APPLIED);
  await ordered;
  await replyTo(agent, frame, { kind: 'directoryUnreachable' });
  await eventually(() => agent.told.filter((type) => type === 'settled')).toHaveLength(2);
  expect((await ordered).outcome).toEqual(APPLIED);
});

test('what an agent had that was revoked ends as unknown', async () => {
  const agent = await connectedAgent();
  const { requestId } = await agents.writeback.order(orderFor(await addPerson(), A_MOMENT));
  await agents.onboarding.revoke(agent.id);
  await eventually(() => agents.writeback.find(requestId)).toEqual({ kind: 'unknown' });
});

async function sealedOrder(ticket: Ticket | undefined, typed: string, { ...order } = orderFor('')) {
  if (ticket === undefined) throw new Error('no ticket came');
  const { password: _, ...rest } = order;
  const inner = await sealFor(ticket, Password.of(typed));
  return { ...rest, sealed: { ticket: ticket.ticket, inner } };
}

test('a browser seals to both agents by a ticket, and the cloud passes on what it cannot read', async () => {
  const personId = await addPerson();
  const agent = await connectedAgent();
  await connectedAgent();
  const order = orderFor(personId);
  const ticket = await agents.writeback.ticket(order);
  expect(ticket?.recipients).toHaveLength(2);
  await eventually(() => agent.told).toEqual(['offer']);
  const sealed = await sealedOrder(ticket, 'Correct horse 7 battery', order);
  expect(agents.writeback.checkSealed(sealed)).toBe('good');
  const ordered = agents.writeback.order(sealed);
  const frame = await firstRequest(agent);
  const { body } = await unpack(frame, tenant.id, () => agent.packageKey);
  expect(toBase64url(decodeRequest(body).inner)).toBe(toBase64url(sealed.sealed.inner));
  expect(decodeRequest(body)).toMatchObject({ flags: 2, cloudAnchor: personId });
  await replyTo(agent, frame, APPLIED);
  expect(await ordered).toEqual({ requestId: ticket?.requestId, outcome: APPLIED });
});

test('a ticket is worth nothing in another flow, for another person, altered, or with other recipients', async () => {
  const agent = await connectedAgent();
  const order = orderFor(await addPerson());
  const ticket = await agents.writeback.ticket(order);
  const good = await sealedOrder(ticket, 'Correct horse 7 battery', order);
  const check = (changed: object) => agents.writeback.checkSealed({ ...good, ...changed });
  expect(check({})).toBe('good');
  expect(check({ flowId: newId() })).toBe('refused');
  expect(check({ personId: newId() })).toBe('refused');
  expect(check({ sealed: { ...good.sealed, ticket: `x${good.sealed.ticket}` } })).toBe('refused');
  expect(check({ sealed: { ...good.sealed, ticket: '' } })).toBe('refused');
  expect(check({ sealed: { ...good.sealed, inner: new Uint8Array(832) } })).toBe('refused');
  clock.now += 2 * 60_000 + 1;
  expect(check({})).toBe('staleRecipients');
  clock.now -= 2 * 60_000 + 1;
  await agents.onboarding.revoke(agent.id);
  expect(check({})).toBe('staleRecipients');
});
