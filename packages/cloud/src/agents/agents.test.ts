import { toBase64url } from '@homeward/protocol/bytes';
import type { EnrolmentRequest } from '@homeward/protocol/enrolment';
import { newId } from '@homeward/protocol/id';
import { expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { TOKEN_LIFETIME } from './enrolment-tokens.ts';
import {
  addPerson,
  agents,
  askToken,
  assertionOf,
  clock,
  connectedAgent,
  database,
  enrol,
  enrolmentOf,
  forest,
  newToken,
  orderFor,
  replyTo,
  tenant,
  url,
} from './scripted-agent.fixture.ts';
import { makeKeys } from './scripted-keys.fixture.ts';

test('an agent enrols once with a token, and the same machine may ask again when its answer was lost', async () => {
  const request = await enrolmentOf(await makeKeys(), await newToken());
  const first = await enrol(request);
  expect(first).toMatchObject({
    status: 201,
    body: { tenantId: tenant.id, issuer: url, relayUrl: `${url.replace('http', 'ws')}/relay` },
  });
  expect(await enrol(request)).toEqual(first);
});

test.each<[string, (request: EnrolmentRequest) => Promise<EnrolmentRequest> | EnrolmentRequest, string]>([
  ['a token that was never made', async (r) => enrolmentOf(await makeKeys(), `${r.token}x`), 'token_unknown'],
  [
    'keys that were swapped on the way',
    async (r) => ({ ...r, passwordKey: toBase64url((await makeKeys()).passwordKey) }),
    'proof_invalid',
  ],
  ['a password key that is none', (r) => ({ ...r, passwordKey: 'A'.repeat(392) }), 'request_invalid'],
  ['no forest', (r) => ({ ...r, forests: [] }), 'request_invalid'],
])('an enrolment with %s is refused', async (_, change, error) => {
  const request = await enrolmentOf(await makeKeys(), await newToken());
  expect(await enrol(await change(request))).toMatchObject({ status: 400, body: { error } });
});

test('a token is worth nothing to a second machine, or after an hour', async () => {
  const token = await newToken();
  await enrol(await enrolmentOf(await makeKeys(), token));
  expect((await enrol(await enrolmentOf(await makeKeys(), token))).body.error).toBe('token_used');
  const late = await newToken();
  clock.now += TOKEN_LIFETIME;
  expect((await enrol(await enrolmentOf(await makeKeys(), late))).body.error).toBe('token_expired');
});

test('neither token nor package key is in the store in the clear', async () => {
  const token = await newToken();
  const keys = await makeKeys();
  await enrol(await enrolmentOf(keys, token));
  const rows = await Promise.all([
    database.selectFrom('agent').selectAll().execute(),
    database.selectFrom('enrolmentToken').selectAll().execute(),
  ]);
  expect(rows.flat()).toHaveLength(2);
  expect(JSON.stringify(rows)).not.toContain(token);
  expect(JSON.stringify(rows)).not.toContain(keys.packageKey.key);
});

test('an assertion gives one credential, for the scope that was asked', async () => {
  const { id, keys } = await connectedAgent();
  const assertion = await assertionOf(keys, id);
  const { status, body } = await askToken(assertion, 'scim');
  expect(status).toBe(200);
  expect(await agents.tokens.verify(body.access_token ?? '')).toEqual({
    agentId: id,
    tenantId: tenant.id,
    forests: [forest.sid],
  });
  expect(await askToken(assertion, 'scim')).toMatchObject({
    status: 401,
    body: { error_description: 'this assertion was used before' },
  });
  const relayOnly = await askToken(await assertionOf(keys, id), 'relay');
  expect(await agents.tokens.verify(relayOnly.body.access_token ?? '')).toBeUndefined();
});

test('an assertion is refused from another key, a wrong clock, or an agent that is not enrolled', async () => {
  const { id, keys } = await connectedAgent();
  expect((await askToken(await assertionOf(await makeKeys(), id))).status).toBe(401);
  expect((await askToken(await assertionOf(keys, newId()))).body.error_description).toContain(
    'no such agent',
  );
  expect((await askToken(await assertionOf(keys, id, clock.now - 600_000))).body.error_description).toContain(
    'clocks differ',
  );
  expect((await askToken('not a token')).status).toBe(401);
});

test('an order reaches the agent of the person’s forest, and its answer comes back', async () => {
  const personId = await addPerson();
  expect(agents.writeback.isUp(tenant.id)).toBe(false);
  const agent = await connectedAgent();
  await eventually(() => agents.writeback.isUp(tenant.id)).toBe(true);
  const order = orderFor(personId);
  const ordered = agents.writeback.order(order);
  await eventually(() => agent.frames.length).toBe(1);
  const [frame = new Uint8Array()] = agent.frames;
  expect(frame.length).toBe(700);
  await replyTo(agent, frame, { kind: 'applied' });
  const { requestId, outcome } = await ordered;
  expect(outcome).toEqual({ kind: 'applied' });
  expect(await agents.writeback.find(requestId)).toEqual({ kind: 'applied' });
  expect(await agents.writeback.findByFlow(order.flowId)).toEqual({
    requestId,
    outcome: { kind: 'applied' },
  });
  expect(await agents.writeback.findByFlow(newId())).toBeUndefined();
});

test('an answer that comes late is pending first and the truth afterwards', async () => {
  const personId = await addPerson();
  const agent = await connectedAgent();
  const { requestId, outcome } = await agents.writeback.order(orderFor(personId, 100));
  expect(outcome).toEqual({ kind: 'pending' });
  await eventually(() => agent.frames.length).toBe(1);
  await replyTo(agent, agent.frames[0] ?? new Uint8Array(), { kind: 'applied' });
  await eventually(() => agents.writeback.find(requestId)).toEqual({ kind: 'applied' });
});

test('a reply that another key signed changes nothing', async () => {
  const personId = await addPerson();
  const agent = await connectedAgent();
  const ordered = agents.writeback.order(orderFor(personId, 1_000));
  await eventually(() => agent.frames.length).toBe(1);
  await replyTo(agent, agent.frames[0] ?? new Uint8Array(), { kind: 'applied' }, await makeKeys());
  expect((await ordered).outcome).toEqual({ kind: 'pending' });
});

test('the first answer stands', async () => {
  const personId = await addPerson();
  const agent = await connectedAgent();
  const ordered = agents.writeback.order(orderFor(personId));
  await eventually(() => agent.frames.length).toBe(1);
  await replyTo(agent, agent.frames[0] ?? new Uint8Array(), { kind: 'directoryUnreachable' });
  const { requestId } = await ordered;
  await replyTo(agent, agent.frames[0] ?? new Uint8Array(), { kind: 'applied' });
  await replyTo(agent, agent.frames[0] ?? new Uint8Array(), { kind: 'applied' });
  await eventually(() => agent.told).toEqual(['offer', 'settled', 'settled', 'settled']);
  expect(await agents.writeback.find(requestId)).toEqual({ kind: 'directoryUnreachable' });
});

test('an inspection brings the rules that apply to a person and leaves no row', async () => {
  const personId = await addPerson();
  const agent = await connectedAgent();
  const rules = { minimumLength: 12, complexity: true, historyLength: 24 };
  const policy = { source: 'pso', rules, mustChange: false, holdsOnReset: true } as const;
  const asked = agents.writeback.inspect({ flowId: newId(), personId, patience: 60_000 });
  await eventually(() => agent.frames.length).toBe(1);
  await replyTo(agent, agent.frames[0] ?? new Uint8Array(), { kind: 'protectedAccount' }, agent.keys, policy);
  expect(await asked).toMatchObject({ outcome: { kind: 'protectedAccount' }, policy });
  expect(await database.selectFrom('request').selectAll().execute()).toEqual([]);
});

test('an inspection that nobody answers is given up when patience ends', async () => {
  const personId = await addPerson();
  await connectedAgent();
  const { outcome } = await agents.writeback.inspect({ flowId: newId(), personId, patience: 50 });
  expect(outcome).toEqual({ kind: 'pending' });
});

test('with no agent connected nothing is sent, and that is definite', async () => {
  const { requestId, outcome } = await agents.writeback.order(orderFor(await addPerson()));
  expect(outcome).toEqual({ kind: 'notStarted' });
  expect(await agents.writeback.find(requestId)).toBeUndefined();
});
