import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromBase64url, randomBytes, sha256, toBase64url, toHex } from '@homeward/protocol/bytes';
import { decodeOffer, encodeClaim, encodeDecline } from '@homeward/protocol/control';
import { type EnrolmentAnswer, type EnrolmentRequest, signEnrolment } from '@homeward/protocol/enrolment';
import { decodeFrameHeader, FRAME_TYPES, type FrameType } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import type { Outcome } from '@homeward/protocol/outcome';
import { importPackageKey, type PackageKey, pack, unpack } from '@homeward/protocol/package';
import { Password } from '@homeward/protocol/password';
import type { PersonPolicy } from '@homeward/protocol/policy';
import { signChallenge } from '@homeward/protocol/relay-session';
import { signReply } from '@homeward/protocol/reply';
import { decodeRequest } from '@homeward/protocol/request';
import { Secret } from '@homeward/protocol/secret';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { deriveSecrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { openSqlite } from '../store/sqlite.ts';
import { type Agents, openAgents } from './agents.ts';
import { TOKEN_LIFETIME } from './enrolment-tokens.ts';

const tenant = { id: newId(), name: 'Example Ltd' };
const forest = { sid: 'S-1-5-21-10-20-30', domain: 'corp.example.com', netbiosName: 'CORP' };
const secrets = deriveSecrets(new Secret(Buffer.from(randomBytes(32))));
const sockets: WebSocket[] = [];

let now: number;
let database: Database;
let agents: Agents;
let server: Server;
let url: string;

beforeEach(async () => {
  now = Date.now();
  database = openSqlite(':memory:');
  await migrate(database, () => now);
  const app = new Hono();
  server = createServer(getRequestListener((request) => app.fetch(request)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const log = { info: () => {}, warn: () => {} };
  agents = await openAgents({
    database,
    secrets,
    tenant,
    publicUrl: url,
    clock: () => now,
    log,
    patience: 400,
    claimWithin: 150,
  });
  app.route('/agents', agents.routes);
  server.on('upgrade', agents.upgrade);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  agents.stop();
  await new Promise((resolve) => server.close(resolve));
  await database.destroy();
});

async function newToken(): Promise<string> {
  const response = await agents.control.request('/enrolment-tokens', { method: 'POST' });
  return ((await response.json()) as { token: string }).token;
}

async function makeKeys() {
  const rsa = {
    name: 'RSA-OAEP',
    hash: 'SHA-256',
    modulusLength: 2_048,
    publicExponent: Uint8Array.of(1, 0, 1),
  };
  const password = await crypto.subtle.generateKey(rsa, true, ['encrypt', 'decrypt']);
  const identity = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  return {
    identity,
    identityKey: new Uint8Array(await crypto.subtle.exportKey('raw', identity.publicKey)),
    passwordKey: new Uint8Array(await crypto.subtle.exportKey('spki', password.publicKey)),
    packageKey: { id: toHex(randomBytes(8)), key: toBase64url(randomBytes(32)) },
  };
}
type Keys = Awaited<ReturnType<typeof makeKeys>>;

async function enrolmentOf(keys: Keys, token: string): Promise<EnrolmentRequest> {
  const { identityKey, passwordKey, packageKey, identity } = keys;
  const proof = await signEnrolment({ token, identityKey, passwordKey, packageKey }, identity.privateKey);
  return {
    token,
    name: 'dc-agent-1',
    forests: [forest],
    identityKey: toBase64url(identityKey),
    passwordKey: toBase64url(passwordKey),
    packageKey,
    proof: toBase64url(proof),
  };
}

async function enrol(request: EnrolmentRequest) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/agents/enrol`, {
    method: 'POST',
    headers,
    body: JSON.stringify(request),
  });
  return { status: response.status, body: (await response.json()) as EnrolmentAnswer & { error?: string } };
}

function assertionOf(keys: Keys, agentId: string, issued = now, jti: string = newId()): Promise<string> {
  const seconds = Math.floor(issued / 1_000);
  return new SignJWT()
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer(agentId)
    .setSubject(agentId)
    .setAudience(url)
    .setJti(jti)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 60)
    .sign(keys.identity.privateKey);
}

async function askToken(assertion: string, scope = 'relay') {
  const body = new URLSearchParams({ client_assertion: assertion, scope });
  const response = await fetch(`${url}/agents/token`, { method: 'POST', body });
  return {
    status: response.status,
    body: (await response.json()) as { access_token?: string; error_description?: string },
  };
}

type ScriptedAgent = {
  id: string;
  keys: Keys;
  packageKey: PackageKey;
  socket: WebSocket;
  /** requests that came */
  frames: Uint8Array[];
  /** types of all other frames that came */
  told: FrameType[];
  /** what it does with offers */
  onOffer: 'claim' | 'decline' | 'nothing';
  receive: (frame: Uint8Array) => void;
};

async function connectedAgent(onOffer: ScriptedAgent['onOffer'] = 'claim'): Promise<ScriptedAgent> {
  const keys = await makeKeys();
  const { body } = await enrol(await enrolmentOf(keys, await newToken()));
  await database.updateTable('agent').set({ status: 'active' }).where('id', '=', body.agentId).execute();
  const packageKey = await importPackageKey(keys.packageKey.id, fromBase64url(keys.packageKey.key));
  const agent: ScriptedAgent = {
    ...{ id: body.agentId, keys, packageKey, onOffer, frames: [], told: [] },
    socket: await connect(body, keys, (frame) => agent.receive(frame)),
    receive(frame) {
      const { type } = decodeFrameHeader(frame);
      if (type === 'request') agent.frames.push(frame);
      else agent.told.push(type);
      if (type === 'offer' && agent.onOffer !== 'nothing') void answerOffer(agent, frame, agent.onOffer);
    },
  };
  return agent;
}

async function answerOffer(agent: ScriptedAgent, frame: Uint8Array, type: 'claim' | 'decline', offset = 0) {
  const { header, body } = await unpack(frame, tenant.id, () => agent.packageKey);
  const offer = decodeOffer(body).number + offset;
  const answer =
    type === 'claim' ? encodeClaim(offer) : encodeDecline({ offer, reason: 'directoryUnreachable' });
  agent.socket.send(await pack({ header: { ...header, type }, body: answer }, tenant.id, agent.packageKey));
}

/** Connects to the relay, and hears every frame but probes: how it is, nobody asks of a scripted agent. */
async function connect(
  { agentId, relayUrl }: EnrolmentAnswer,
  keys: Keys,
  receive: (frame: Uint8Array) => void,
): Promise<WebSocket> {
  const { body: credential } = await askToken(await assertionOf(keys, agentId));
  const token = credential.access_token ?? '';
  const socket = new WebSocket(relayUrl, { headers: { authorization: `Bearer ${token}` } });
  sockets.push(socket);
  await new Promise<void>((ready, failed) => {
    socket.on('error', failed);
    socket.on('message', async (data: Buffer, isBinary) => {
      if (isBinary) return data[1] === FRAME_TYPES.probe ? undefined : receive(new Uint8Array(data));
      const message = JSON.parse(data.toString()) as { type: string; nonce: string; audience: string };
      if (message.type === 'ready') return ready();
      const binding = {
        ...{ audience: message.audience, nonce: fromBase64url(message.nonce), agentId, credential: token },
      };
      const signature = await signChallenge(binding, keys.identity.privateKey);
      return socket.send(JSON.stringify({ type: 'answer', signature: toBase64url(signature) }));
    });
  });
  return socket;
}

async function replyTo(
  agent: ScriptedAgent,
  frame: Uint8Array,
  outcome: Outcome,
  signer: Keys = agent.keys,
  policy?: PersonPolicy,
): Promise<void> {
  const { header, body } = await unpack(frame, tenant.id, () => agent.packageKey);
  const { inner } = decodeRequest(body);
  const sealedDigest = inner.length > 0 ? await sha256(inner) : undefined;
  const binding = {
    tenantId: tenant.id,
    agentId: agent.id,
    requestId: header.requestId,
    ...(sealedDigest && { sealedDigest }),
  };
  const signed = await signReply(
    { outcome, event: 31_002, ...(policy && { policy }) },
    binding,
    signer.identity.privateKey,
  );
  agent.socket.send(
    await pack({ header: { ...header, type: 'reply' }, body: signed }, tenant.id, agent.packageKey),
  );
}

async function addPerson(): Promise<string> {
  const id = newId();
  await database
    .insertInto('person')
    .values({
      id,
      tenantId: tenant.id,
      forest: forest.sid,
      externalId: id,
      userName: 'ada@corp.example.com',
      active: 1,
      createdAt: now,
      updatedAt: now,
    } as never)
    .execute();
  return id;
}

const orderFor = (personId: string) => {
  const password = Password.of('Correct horse 7 battery');
  return {
    operation: 'reset' as const,
    flowId: newId(),
    personId,
    actorId: personId,
    password,
    deadline: now + 60_000,
  };
};

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
  now += TOKEN_LIFETIME;
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
  expect((await askToken(await assertionOf(keys, id, now - 600_000))).body.error_description).toContain(
    'clocks differ',
  );
  expect((await askToken('not a token')).status).toBe(401);
});

test('an order reaches the agent of the person’s forest, and its answer comes back', async () => {
  const personId = await addPerson();
  expect(agents.writeback.isUp(tenant.id)).toBe(false);
  const agent = await connectedAgent();
  expect(agents.writeback.isUp(tenant.id)).toBe(true);
  const order = orderFor(personId);
  const ordered = agents.writeback.order(order);
  await expect.poll(() => agent.frames.length).toBe(1);
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
  const { requestId, outcome } = await agents.writeback.order(orderFor(personId));
  expect(outcome).toEqual({ kind: 'pending' });
  await replyTo(agent, agent.frames[0] ?? new Uint8Array(), { kind: 'applied' });
  await expect.poll(() => agents.writeback.find(requestId)).toEqual({ kind: 'applied' });
});

test('a reply that another key signed changes nothing', async () => {
  const personId = await addPerson();
  const agent = await connectedAgent();
  const ordered = agents.writeback.order(orderFor(personId));
  await expect.poll(() => agent.frames.length).toBe(1);
  await replyTo(agent, agent.frames[0] ?? new Uint8Array(), { kind: 'applied' }, await makeKeys());
  expect((await ordered).outcome).toEqual({ kind: 'pending' });
});

test('the first answer stands', async () => {
  const personId = await addPerson();
  const agent = await connectedAgent();
  const ordered = agents.writeback.order(orderFor(personId));
  await expect.poll(() => agent.frames.length).toBe(1);
  await replyTo(agent, agent.frames[0] ?? new Uint8Array(), { kind: 'directoryUnreachable' });
  const { requestId } = await ordered;
  await replyTo(agent, agent.frames[0] ?? new Uint8Array(), { kind: 'applied' });
  await replyTo(agent, agent.frames[0] ?? new Uint8Array(), { kind: 'applied' });
  expect(await agents.writeback.find(requestId)).toEqual({ kind: 'directoryUnreachable' });
});

test('an inspection brings the rules that apply to a person and leaves no row', async () => {
  const personId = await addPerson();
  const agent = await connectedAgent();
  const rules = { minimumLength: 12, complexity: true, historyLength: 24 };
  const policy = { source: 'pso', rules, mustChange: false, holdsOnReset: true } as const;
  const asked = agents.writeback.inspect({ flowId: newId(), personId, patience: 2_000 });
  await expect.poll(() => agent.frames.length).toBe(1);
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
