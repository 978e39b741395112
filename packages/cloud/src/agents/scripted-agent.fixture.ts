/** An agents' side of a cloud on a free port, with agents that a test plays; made anew for each test. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromBase64url, randomBytes, sha256, toBase64url } from '@homeward/protocol/bytes';
import { decodeOffer, encodeClaim, encodeDecline } from '@homeward/protocol/control';
import { type EnrolmentAnswer, type EnrolmentRequest, signEnrolment } from '@homeward/protocol/enrolment';
import { decodeFrameHeader, FRAME_TYPES, type FrameHeader, type FrameType } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import type { Outcome } from '@homeward/protocol/outcome';
import { type PackageKey, pack, unpack } from '@homeward/protocol/package';
import { Password } from '@homeward/protocol/password';
import type { PersonPolicy } from '@homeward/protocol/policy';
import { signChallenge } from '@homeward/protocol/relay-session';
import { signReply } from '@homeward/protocol/reply';
import type { AgentReport } from '@homeward/protocol/report';
import { decodeRequest } from '@homeward/protocol/request';
import { Secret } from '@homeward/protocol/secret';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { SignJWT } from 'jose';
import { afterEach, beforeEach } from 'vitest';
import { WebSocket } from 'ws';
import { deriveSecrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { openSqlite } from '../store/sqlite.ts';
import { type Agents, openAgents } from './agents.ts';
import { LIMITS } from './held-time.fixture.ts';
import { type Keys, makeKeys, packageKeyFrom } from './scripted-keys.fixture.ts';
import { reportFrame } from './scripted-report.fixture.ts';

export const tenant = { id: newId(), name: 'Example Ltd' };
export const forest = { sid: 'S-1-5-21-10-20-30', domain: 'corp.example.com', netbiosName: 'CORP' };
const secrets = deriveSecrets(new Secret(Buffer.from(randomBytes(32))));
const sockets: WebSocket[] = [];

export const clock = { now: 0 };
/** when the disk has what was committed */
export const disk = { flushed: async () => {} };
export let database: Database;
export let agents: Agents;
let server: Server;
export let url: string;

beforeEach(async () => {
  clock.now = Date.now();
  const store = openSqlite(':memory:');
  database = store.database;
  disk.flushed = store.flushed;
  await migrate(database, () => clock.now);
  const app = new Hono();
  server = createServer(getRequestListener((request) => app.fetch(request)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const log = { info: () => {}, warn: () => {} };
  agents = await openAgents({
    ...store,
    flushed: () => disk.flushed(),
    secrets,
    tenant,
    publicUrl: url,
    clock: () => clock.now,
    log,
    ...LIMITS,
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

export async function newToken(): Promise<string> {
  const response = await agents.control.request('/enrolment-tokens', { method: 'POST' });
  return ((await response.json()) as { token: string }).token;
}

export async function enrolmentOf(keys: Keys, token: string): Promise<EnrolmentRequest> {
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

export async function enrol(request: EnrolmentRequest) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/agents/enrol`, {
    method: 'POST',
    headers,
    body: JSON.stringify(request),
  });
  return { status: response.status, body: (await response.json()) as EnrolmentAnswer & { error?: string } };
}

export function assertionOf(
  keys: Keys,
  agentId: string,
  issued = clock.now,
  jti: string = newId(),
): Promise<string> {
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

export async function askToken(assertion: string, scope = 'relay') {
  const body = new URLSearchParams({ client_assertion: assertion, scope });
  const response = await fetch(`${url}/agents/token`, { method: 'POST', body });
  return {
    status: response.status,
    body: (await response.json()) as { access_token?: string; error_description?: string },
  };
}

export type ScriptedAgent = {
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

/** A second agent of a forest waits for two administrators. */
export async function connectedAgent(onOffer: ScriptedAgent['onOffer'] = 'claim'): Promise<ScriptedAgent> {
  const keys = await makeKeys();
  const { body } = await enrol(await enrolmentOf(keys, await newToken()));
  if (body.status === 'pending') {
    for (const name of ['one', 'two'])
      await agents.onboarding.admit(body.agentId, await addAdministrator(`${name} of ${body.agentId}`));
  }
  const packageKey = await packageKeyFrom(keys);
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

export async function answerOffer(
  agent: ScriptedAgent,
  frame: Uint8Array,
  type: 'claim' | 'decline',
  offset = 0,
) {
  const { header, body } = await unpack(frame, tenant.id, () => agent.packageKey);
  const offer = decodeOffer(body).number + offset;
  const answer =
    type === 'claim' ? encodeClaim(offer) : encodeDecline({ offer, reason: 'directoryUnreachable' });
  agent.socket.send(await pack({ header: { ...header, type }, body: answer }, tenant.id, agent.packageKey));
}

/** Says by a link how its agent is: whose link it is shows in nothing else. */
export async function report(
  { id, keys, socket }: Pick<ScriptedAgent, 'id' | 'keys' | 'socket'>,
  changes?: Partial<AgentReport>,
  header?: Partial<FrameHeader>,
): Promise<void> {
  const from = { agentId: id, tenantId: tenant.id, keys, now: clock.now, forest: forest.sid };
  socket.send(await reportFrame(from, changes, header));
}

/** What a link is like, where it is not as an honest agent's. */
export type LinkChanges = {
  /** its first report; none: it says nothing */
  reports?: Partial<AgentReport> | 'nothing';
  /** false: dead, and nobody has noticed */
  answersPings?: boolean;
};

/** Connects to the relay, and hears every frame but probes: how it is, nobody asks of a scripted agent. */
export async function connect(
  { agentId, relayUrl }: Pick<EnrolmentAnswer, 'agentId' | 'relayUrl'>,
  keys: Keys,
  receive: (frame: Uint8Array) => void,
  { reports, answersPings = true }: LinkChanges = {},
): Promise<WebSocket> {
  const { body: credential } = await askToken(await assertionOf(keys, agentId));
  const token = credential.access_token ?? '';
  const headers = { authorization: `Bearer ${token}` };
  const socket = new WebSocket(relayUrl, { headers, autoPong: answersPings });
  sockets.push(socket);
  await new Promise<void>((ready, failed) => {
    socket.on('error', failed);
    socket.on('message', async (data: Buffer, isBinary) => {
      if (isBinary) return data[1] === FRAME_TYPES.probe ? undefined : receive(new Uint8Array(data));
      const message = JSON.parse(data.toString()) as { type: string; nonce: string; audience: string };
      if (message.type === 'ready') return ready();
      const { audience, nonce } = message;
      const binding = { audience, nonce: fromBase64url(nonce), agentId, credential: token };
      const signature = await signChallenge(binding, keys.identity.privateKey);
      return socket.send(JSON.stringify({ type: 'answer', signature: toBase64url(signature) }));
    });
  });
  if (reports !== 'nothing') await report({ id: agentId, keys, socket }, reports);
  return socket;
}

export async function replyTo(
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

async function addAdministrator(userName: string): Promise<string> {
  const id = newId();
  const row = {
    id,
    tenantId: tenant.id,
    userName,
    ...{ passwordSealed: '', totpSeedSealed: '', totpLastStep: 0 },
    createdAt: clock.now,
  };
  await database
    .insertInto('administrator')
    .values(row as never)
    .execute();
  return id;
}

export async function addPerson(): Promise<string> {
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
      createdAt: clock.now,
      updatedAt: clock.now,
    } as never)
    .execute();
  return id;
}

/** @param patience ms that it waits for the answer of whoever claimed it */
export const orderFor = (personId: string, patience = LIMITS.patience) => {
  const password = Password.of('Correct horse 7 battery');
  return {
    operation: 'reset' as const,
    flowId: newId(),
    personId,
    actorId: personId,
    password,
    deadline: clock.now + patience,
  };
};
