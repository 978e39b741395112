import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CLOSE_CODES } from '@homeward/protocol/close-code';
import { newId } from '@homeward/protocol/id';
import { exportJWK, SignJWT } from 'jose';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Relay } from './relay.ts';

const audience = 'wss://relay.example.com';
const issuer = 'https://reset.example.com';
const agentId = newId();
const cloud = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
const own = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;

let server: Server;
let relay: Relay;
const sockets: WebSocket[] = [];

beforeEach(async () => {
  relay = new Relay(
    { issuer, audience, signingKey: () => cloud.publicKey, authenticationLimit: 50, pingEvery: 20 },
    { now: Date.now, log: { info() {}, warn() {} }, receive() {}, isRevoked: () => false },
  );
  server = createServer();
  server.on('upgrade', (request, socket, head) => void relay.upgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  relay.stop();
  await new Promise((resolve) => server.close(resolve));
});

async function dial(query: string) {
  const token = await new SignJWT({ tid: newId(), cnf: { jwk: await exportJWK(own.publicKey) } })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
    .setSubject(agentId)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('15 minutes')
    .sign(cloud.privateKey);
  const { port } = server.address() as AddressInfo;
  const headers = { authorization: `Bearer ${token}` };
  const socket = new WebSocket(`ws://127.0.0.1:${port}/relay${query}`, { headers });
  sockets.push(socket);
  const heard: string[] = [];
  for (const event of ['message', 'ping']) socket.on(event, () => heard.push(event));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve) => socket.once('open', resolve));
  return { socket, heard, closed };
}

test('an idle connection outlives the time for a challenge, hears nothing and is no link', async () => {
  const { heard, socket } = await dial('?idle');
  const challenged = await dial('');
  await challenged.closed;
  expect(challenged.heard).toContain('message');
  expect(heard).toEqual([]);
  expect(socket.readyState).toBe(WebSocket.OPEN);
  expect(relay.isConnected(agentId)).toBe(false);
});

test('what speaks on it is closed, and so is one more than are held', async () => {
  const speaking = await dial('?idle');
  speaking.socket.send('hello');
  expect(await speaking.closed).toBe(CLOSE_CODES.malformed);
  const held = await Promise.all(Array.from({ length: 8 }, () => dial('?idle')));
  expect(await (await dial('?idle')).closed).toBe(CLOSE_CODES.tooMany);
  held[0]?.socket.terminate();
  await held[0]?.closed;
  await vi.waitFor(async () => {
    const again = await dial('?idle');
    again.socket.send('held, and so it is heard');
    expect(await again.closed).toBe(CLOSE_CODES.malformed);
  }, 15_000);
});

test('an agent that is revoked loses them, too', async () => {
  const { closed } = await dial('?idle');
  relay.disconnect(newId());
  relay.disconnect(agentId);
  expect(await closed).toBe(CLOSE_CODES.forbidden);
});

test('a restart ends them as it ends links', async () => {
  const { closed } = await dial('?idle');
  relay.stop();
  expect(await closed).toBe(CLOSE_CODES.restarting);
});
