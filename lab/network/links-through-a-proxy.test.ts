/** The agent's two links and the relay itself, through a proxy that cuts what is idle. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '@homeward/protocol/id';
import { Secret } from '@homeward/protocol/secret';
import { Relay } from '@homeward/relay';
import { exportJWK, SignJWT } from 'jose';
import { expect, test, vi } from 'vitest';
import { LinkPair } from '../../packages/agent/src/link/link-pair.ts';
import { recordingLog } from '../../packages/agent/src/link/relay.fixture.ts';
import { measureIdle } from '../../packages/agent/src/link/try-relay.ts';
import { cloudNetwork } from '../../packages/agent/src/network/cloud-network.ts';
import { connectProxy } from '../../packages/agent/src/network/connect-proxy.fixture.ts';
import { TcpGate } from './tcp-gate.ts';

const issuer = 'https://reset.example.com';
const [agentId, tenantId] = [newId(), newId()];
const makeKeys = async () =>
  (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
const [cloud, identity] = await Promise.all([makeKeys(), makeKeys()]);
const NEVER = 3_600_000;
const SOON = { timeout: 60_000 };

async function openRelay(pingEvery: number) {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const audience = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const relay = new Relay(
    { issuer, audience, signingKey: () => cloud.publicKey, pingEvery },
    { now: Date.now, log: { info() {}, warn() {} }, receive() {}, isRevoked: () => false },
  );
  server.on('upgrade', (request, socket, head) => void relay.upgrade(request, socket, head));
  const token = await new SignJWT({ tid: tenantId, cnf: { jwk: await exportJWK(identity.publicKey) } })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
    .setSubject(agentId)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('15 minutes')
    .sign(cloud.privateKey);
  return {
    relayUrl: `${audience}/relay`,
    credential: new Secret(token),
    relay,
    async [Symbol.asyncDispose]() {
      relay.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Cuts connections over which nothing went for so long, ms. */
async function proxyThatCuts({ relayUrl }: { relayUrl: string }, idleLimit: number) {
  const target = { host: '127.0.0.1', port: Number(new URL(relayUrl).port) };
  const gate = await TcpGate.open(target, { idleLimit });
  const proxy = await connectProxy({ leadsTo: { host: '127.0.0.1', port: gate.port } });
  return {
    url: proxy.url,
    cut: () => gate.cut,
    passed: () => gate.passed,
    async [Symbol.asyncDispose]() {
      await gate.stop();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

function openPair(
  { relayUrl, credential }: { relayUrl: string; credential: Secret<string> },
  proxyUrl: string,
) {
  const network = cloudNetwork({ url: proxyUrl });
  const log = recordingLog();
  const pair = new LinkPair({
    ...{ relayUrl, agentId, log, now: Date.now, random: () => 0, stagger: 50, pingEvery: NEVER },
    identityKey: () => identity.privateKey,
    credential: () => ({ get: async () => credential, discard() {} }),
    socketAgent: () => network.socketAgent(relayUrl),
    serve: async () => undefined,
    onReady() {},
  });
  pair.start();
  return { pair, log };
}

test('pings of the relay keep both links open through a proxy that cuts what is idle', async () => {
  // A ping has to be answered before the next one, also where this process is not let run for a while.
  const [idleLimit, pingEvery] = [2_500, 500];
  await using there = await openRelay(pingEvery);
  await using proxy = await proxyThatCuts(there, idleLimit);
  const { pair } = openPair(there, proxy.url);
  try {
    await vi.waitFor(() => expect(pair.state).toBe('both'), SOON);
    const before = proxy.passed();
    // Two links, 8 bytes for a ping and its pong: twice as long as a link may be idle.
    const longer = (2 * 8 * 2 * idleLimit) / pingEvery;
    await vi.waitFor(() => expect(proxy.passed() - before).toBeGreaterThan(longer), SOON);
    expect([pair.state, proxy.cut(), there.relay.isConnected(agentId)]).toEqual(['both', 0, true]);
  } finally {
    pair.stop();
  }
});

test('without pings it cuts them; preflight sees how soon, and the links come back', async () => {
  await using there = await openRelay(NEVER);
  await using proxy = await proxyThatCuts(there, 300);
  const socketAgent = cloudNetwork({ url: proxy.url }).socketAgent(there.relayUrl);
  expect((await measureIdle({ ...there, socketAgent }, 60_000)).kind).toBe('cut');
  const { pair, log } = openPair(there, proxy.url);
  try {
    await vi.waitFor(() => expect(proxy.cut()).toBeGreaterThan(2), SOON);
    const connected = log.lines.filter(({ message }) => message === 'connected to the relay').length;
    await vi.waitFor(
      () =>
        expect(
          log.lines.filter(({ message }) => message === 'connected to the relay').length,
        ).toBeGreaterThan(connected),
      SOON,
    );
  } finally {
    pair.stop();
  }
});
