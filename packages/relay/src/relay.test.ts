import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromBase64url, toBase64url } from '@homeward/protocol/bytes';
import { encodeFrameHeader, type FrameHeader } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import { signChallenge } from '@homeward/protocol/relay-session';
import { exportJWK, SignJWT } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type AgentLink, Relay } from './relay.ts';

const audience = 'wss://relay.example.com';
const issuer = 'https://reset.example.com';
const tenantId = newId();
const cloud = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
const agent = {
  id: newId(),
  keys: (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair,
};
const other = {
  id: newId(),
  keys: (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair,
};
type Agent = typeof agent;

let server: Server;
let relay: Relay;
let url: string;
let now: number;
let revoked: Set<string>;
let received: { header: FrameHeader; frame: Uint8Array }[];
let genuine: ((link: AgentLink) => boolean) | undefined;
const sockets: WebSocket[] = [];

/** ms; only the one who never answers shall ever meet it */
const LONG = 60_000;

beforeEach(async () => {
  now = Date.now();
  revoked = new Set();
  received = [];
  genuine = undefined;
  relay = relayWith({ authenticationLimit: LONG });
  server = createServer();
  server.on('upgrade', (request, socket, head) => void relay.upgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/relay`;
});

function relayWith({ authenticationLimit }: { authenticationLimit: number }): Relay {
  const signingKey = (kid: string) => (kid === 'k1' ? cloud.publicKey : undefined);
  return new Relay(
    { issuer, audience, signingKey, authenticationLimit },
    {
      now: () => now,
      log: { info: () => {}, warn: () => {} },
      receive: (header, frame) => received.push({ header, frame: new Uint8Array(frame) }),
      isRevoked: (id) => revoked.has(id),
      isGenuine: (link) => genuine?.(link) ?? true,
    },
  );
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  relay.stop();
  await new Promise((resolve) => server.close(resolve));
});

type Claims = {
  aud?: string;
  iss?: string;
  lifetime?: number;
  key?: CryptoKey;
  kid?: string;
  tid?: string;
};

async function credentialOf(who: Agent, claims: Claims = {}): Promise<string> {
  const { aud = audience, iss = issuer, lifetime = 900, key = cloud.privateKey, kid = 'k1' } = claims;
  const { tid = tenantId } = claims;
  const issued = Math.floor(now / 1_000);
  return new SignJWT({ tid, cnf: { jwk: await exportJWK(who.keys.publicKey) } })
    .setProtectedHeader({ alg: 'EdDSA', kid })
    .setSubject(who.id)
    .setIssuer(iss)
    .setAudience(aud)
    .setIssuedAt(issued)
    .setExpirationTime(issued + lifetime)
    .sign(key);
}

type Link = { socket: WebSocket; next: () => Promise<string | Uint8Array>; closed: Promise<number> };

function dial(credential: string): Link {
  const socket = new WebSocket(url, { headers: credential ? { authorization: `Bearer ${credential}` } : {} });
  sockets.push(socket);
  const queue: (string | Uint8Array)[] = [];
  const waiting: ((message: string | Uint8Array) => void)[] = [];
  socket.on('message', (data: Buffer, isBinary) => {
    const message = isBinary ? new Uint8Array(data) : data.toString('utf8');
    const taker = waiting.shift();
    if (taker) taker(message);
    else queue.push(message);
  });
  socket.on('error', () => {});
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  const next = () => {
    const first = queue.shift();
    return first === undefined
      ? new Promise<string | Uint8Array>((resolve) => waiting.push(resolve))
      : Promise.resolve(first);
  };
  return { socket, next, closed };
}

async function answer(link: Link, credential: string, who: Agent, nonce?: string): Promise<string> {
  const challenge = JSON.parse((await link.next()) as string) as { nonce: string; audience: string };
  const used = nonce ?? challenge.nonce;
  const binding = { audience, nonce: fromBase64url(used), agentId: who.id, credential };
  const signature = await signChallenge(binding, who.keys.privateKey);
  link.socket.send(JSON.stringify({ type: 'answer', signature: toBase64url(signature) }));
  return challenge.nonce;
}

async function connect(who: Agent): Promise<Link> {
  const credential = await credentialOf(who);
  const link = dial(credential);
  await answer(link, credential, who);
  expect(JSON.parse((await link.next()) as string)).toEqual({ type: 'ready', time: now });
  return link;
}

function frame(agentId: string, type: 'request' | 'reply' = 'reply', size = 400): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(encodeFrameHeader({ type, agentId, requestId: newId(), expires: now + 60_000 }));
  return bytes;
}

test('an agent that proves its key is connected, and frames pass both ways unchanged', async () => {
  const link = await connect(agent);
  expect(relay.isConnected(agent.id)).toBe(true);
  const down = frame(agent.id, 'request', 700);
  expect(relay.send(agent.id, down)).toBe('sent');
  expect(await link.next()).toEqual(down);
  const up = frame(agent.id);
  link.socket.send(up);
  await expect.poll(() => received.length, { timeout: 15_000 }).toBe(1);
  expect(received[0]?.frame).toEqual(up);
});

test('a frame for an agent that is away is refused at once and kept nowhere', async () => {
  expect(relay.send(agent.id, frame(agent.id, 'request'))).toBe('offline');
  const link = await connect(agent);
  const later = frame(agent.id, 'request');
  relay.send(agent.id, later);
  expect(await link.next()).toEqual(later);
});

test.each<[string, () => Promise<string>]>([
  ['no credential', async () => ''],
  ['a credential for another relay', () => credentialOf(agent, { aud: 'wss://other.example.com' })],
  ['a credential of another issuer', () => credentialOf(agent, { iss: 'https://other.example.com' })],
  ['an expired credential', () => credentialOf(agent, { lifetime: -1 })],
  ['a credential that lives for longer than 15 minutes', () => credentialOf(agent, { lifetime: 901 })],
  ['a credential that another key signed', () => credentialOf(agent, { key: other.keys.privateKey })],
  ['a credential signed by a key that is gone', () => credentialOf(agent, { kid: 'k0' })],
])('%s is answered with 401 and no WebSocket', async (_, make) => {
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${await make()}` } });
  socket.on('error', () => {});
  const status = await new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    socket.on('open', () => resolve('open'));
  });
  socket.terminate();
  expect(status).toBe(401);
});

test('a copied credential is worth nothing without the key', async () => {
  const credential = await credentialOf(agent);
  const link = dial(credential);
  await answer(link, credential, { id: agent.id, keys: other.keys });
  expect(await link.closed).toBe(4401);
  expect(relay.isConnected(agent.id)).toBe(false);
});

test('an answer to an earlier challenge is refused', async () => {
  const credential = await credentialOf(agent);
  const first = dial(credential);
  const nonce = await answer(first, credential, agent);
  const second = dial(credential);
  await answer(second, credential, agent, nonce);
  expect(await second.closed).toBe(4401);
});

test('who never answers the challenge is closed', async () => {
  relay = relayWith({ authenticationLimit: 150 });
  const link = dial(await credentialOf(agent));
  expect(await link.closed).toBe(4408);
});

test.each<[string, (link: Link) => void, number]>([
  ['a frame in the name of another agent', ({ socket }) => socket.send(frame(other.id)), 4403],
  ['a request, which only the cloud sends', ({ socket }) => socket.send(frame(agent.id, 'request')), 4400],
  ['bytes that are no frame', ({ socket }) => socket.send(new Uint8Array(100)), 4426],
  [
    'an unknown frame type',
    ({ socket }) => socket.send(Uint8Array.from([1, 99, ...new Uint8Array(100)])),
    4400,
  ],
  ['too few bytes', ({ socket }) => socket.send(Uint8Array.of(1, 11)), 4400],
  ['an oversized frame', ({ socket }) => socket.send(frame(agent.id, 'reply', 2_049)), 1009],
  ['text that is no message', ({ socket }) => socket.send('{"type":"hello"}'), 4400],
  ['text that is no JSON', ({ socket }) => socket.send('{'), 4400],
  ['a second answer', ({ socket }) => socket.send('{"type":"answer","signature":"AA"}'), 4400],
])('%s ends that connection with its code, and no other', async (_, send, code) => {
  const bystander = await connect(other);
  const link = await connect(agent);
  send(link);
  expect(await link.closed).toBe(code);
  expect(received).toEqual([]);
  expect(relay.isConnected(agent.id)).toBe(false);
  const down = frame(other.id, 'request');
  expect(relay.send(other.id, down)).toBe('sent');
  expect(await bystander.next()).toEqual(down);
});

test('a frame before the key is proven ends the connection', async () => {
  const link = dial(await credentialOf(agent));
  await link.next();
  link.socket.send(frame(agent.id));
  expect(await link.closed).toBe(4401);
  expect(received).toEqual([]);
});

test('a revoked agent is cut off and not let in again', async () => {
  const link = await connect(agent);
  revoked.add(agent.id);
  expect(relay.send(agent.id, frame(agent.id, 'request'))).toBe('offline');
  relay.disconnect(agent.id);
  expect(await link.closed).toBe(4403);
  const again = new WebSocket(url, { headers: { authorization: `Bearer ${await credentialOf(agent)}` } });
  again.on('error', () => {});
  const status = await new Promise((resolve) =>
    again.on('unexpected-response', (_r, response) => resolve(response.statusCode)),
  );
  again.terminate();
  expect(status).toBe(403);
});

test.each(['and cut off', 'and no more'])(
  'an agent that is revoked while its key is still to be proven (%s) is not let in',
  async (how) => {
    const credential = await credentialOf(agent);
    const link = dial(credential);
    const challenge = JSON.parse((await link.next()) as string) as { nonce: string };
    revoked.add(agent.id);
    if (how === 'and cut off') relay.disconnect(agent.id);
    else {
      const binding = { audience, nonce: fromBase64url(challenge.nonce), agentId: agent.id, credential };
      const signature = toBase64url(await signChallenge(binding, agent.keys.privateKey));
      link.socket.send(JSON.stringify({ type: 'answer', signature }));
    }
    expect(await link.closed).toBe(4403);
    expect(relay.linksOf(agent.id)).toBe(0);
  },
);

test('before the key is proven a message of over a kibibyte ends the connection', async () => {
  const link = dial(await credentialOf(agent));
  await link.next();
  link.socket.send(JSON.stringify({ type: 'answer', signature: 'A'.repeat(1_024) }));
  expect(await link.closed).toBe(1009);
});

test('of connections whose key is not proven an address has twenty, also when they come at once', async () => {
  const credential = await credentialOf(agent);
  const come = (count: number) =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const { socket } = dial(credential);
        return new Promise<number>((resolve) => {
          socket.once('open', () => resolve(101));
          socket.once('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode));
        });
      }),
    );
  expect((await come(24)).toSorted()).toEqual([...Array(20).fill(101), ...Array(4).fill(503)]);
  expect(await come(1)).toEqual([503]);
});

test('a session ends with its credential', async () => {
  const short = await credentialOf(agent, { lifetime: 1 });
  const link = dial(short);
  await answer(link, short, agent);
  expect(await link.closed).toBe(4410);
});

test('with a fresh credential of the same agent a session ends when that one does', async () => {
  const link = await connect(agent);
  const fresh = await credentialOf(agent, { lifetime: 60 });
  now = Math.floor(now / 1_000) * 1_000 + 59_500;
  link.socket.send(JSON.stringify({ type: 'credential', credential: fresh }));
  expect(await link.closed).toBe(4410);
});

test.each<[string, () => Promise<string>]>([
  ['another agent', () => credentialOf(other)],
  ['the same agent in another tenant', () => credentialOf(agent, { tid: newId() })],
  ['nobody that the cloud knows', () => credentialOf(agent, { key: other.keys.privateKey })],
])('a credential of %s does not prolong a session', async (_, make) => {
  const link = await connect(agent);
  link.socket.send(JSON.stringify({ type: 'credential', credential: await make() }));
  expect(await link.closed).toBe(4401);
});

test('the newest of an agent’s links is used, and the older one when that ends', async () => {
  const older = await connect(agent);
  const newer = await connect(agent);
  const first = frame(agent.id, 'request');
  relay.send(agent.id, first);
  expect(await newer.next()).toEqual(first);
  newer.socket.close();
  await newer.closed;
  expect(relay.send(agent.id, first)).toBe('sent');
  expect(await older.next()).toEqual(first);
});

test('a link that is not genuine gets questions, and nothing else', async () => {
  const older = await connect(agent);
  const [known] = relay.linksTo(agent.id);
  const newer = await connect(agent);
  genuine = (link) => link === known;
  const [question, request] = [frame(agent.id, 'request', 80), frame(agent.id, 'request')];
  expect([relay.ask(agent.id, question), relay.send(agent.id, request)]).toEqual(['sent', 'sent']);
  expect(await Promise.all([newer.next(), older.next()])).toEqual([question, request]);
  genuine = () => false;
  expect([relay.isConnected(agent.id), relay.linksOf(agent.id)]).toEqual([false, 2]);
  expect(relay.send(agent.id, request)).toBe('offline');
});
