import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENTS } from '@homeward/protocol/event';
import { FRAME_TYPES } from '@homeward/protocol/frame';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { cloudNetwork } from '../network/cloud-network.ts';
import { connectProxy } from '../network/connect-proxy.fixture.ts';
import { clearLinkFacts, readLinkFacts, writeLinkFacts } from './link-facts.ts';
import { LinkPair, type LinkPairDeps } from './link-pair.ts';
import { fixtureAgent, fixtureRelay, numberedCredentials, recordingLog } from './relay.fixture.ts';

const agent = await fixtureAgent();
const pairs: LinkPair[] = [];
afterEach(() => {
  for (const pair of pairs.splice(0)) pair.stop();
});

const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), { timeout: 15_000 });

function open(relayUrl: string, more: Partial<LinkPairDeps> = {}) {
  const log = recordingLog();
  const ready: number[] = [];
  const pair = new LinkPair({
    relayUrl,
    agentId: agent.id,
    identityKey: () => agent.identityKey,
    credential: numberedCredentials(),
    serve: async () => undefined,
    onReady: (time) => ready.push(time),
    pingEvery: 45_000,
    stagger: 60,
    random: () => 0,
    now: Date.now,
    log,
    ...more,
  });
  pairs.push(pair);
  pair.start();
  const told = (event: number) => log.lines.filter(({ fields }) => fields['event'] === event);
  return { pair, log, ready, told };
}

test('two links open one after the other, each with its own credential, and each says that it is ready', async () => {
  await using relay = await fixtureRelay(agent);
  const { pair, ready } = open(relay.url, { stagger: 400 });
  expect(pair.state).toBe('none');
  await until(() => pair.state === 'both');
  expect(relay.admitted).toEqual(['link-1', 'link-2']);
  expect(ready).toHaveLength(2);
});

test('what is said goes by the link that is left, and the loss of one is told as such', async () => {
  await using relay = await fixtureRelay(agent);
  const { pair, told } = open(relay.url);
  await until(() => pair.state === 'both');
  const [first] = relay.sockets;
  first?.terminate();
  await until(() => pair.state === 'one');
  expect(pair.send(Uint8Array.of(7))).toBe(true);
  await until(() => relay.frames.length === 1);
  expect(relay.frames[0]?.by).toBe(relay.admitted[1]);
  expect(told(EVENTS.relayLinkDown)).toHaveLength(1);
  await until(() => pair.state === 'both');
});

test('a heartbeat goes by each link, because each has to show on its own whose it is', async () => {
  await using relay = await fixtureRelay(agent);
  const { pair } = open(relay.url);
  const heartbeat = Uint8Array.of(1, FRAME_TYPES.heartbeat);
  expect(pair.send(heartbeat)).toBe(false);
  await until(() => pair.state === 'both');
  expect(pair.send(heartbeat)).toBe(true);
  expect(pair.send(Uint8Array.of(1, FRAME_TYPES.reply))).toBe(true);
  await until(() => relay.frames.length === 3);
  const told = relay.frames.map(({ by, bytes }) => `${bytes[1]} by ${by}`);
  expect(told.toSorted()).toEqual(['11 by link-1', '19 by link-1', '19 by link-2']);
});

test('a request that came by one link is answered by the other when the first is gone', async () => {
  await using relay = await fixtureRelay(agent);
  const held = Promise.withResolvers<Uint8Array>();
  const { pair } = open(relay.url, { serve: () => held.promise });
  await until(() => pair.state === 'both');
  const [first] = relay.sockets;
  first?.send(Uint8Array.of(1));
  first?.terminate();
  await until(() => pair.state === 'one');
  held.resolve(Uint8Array.of(2));
  await until(() => relay.frames.length === 1);
  expect(relay.frames[0]).toMatchObject({ by: relay.admitted[1], bytes: Uint8Array.of(2) });
});

test('after a restart of the cloud the links come back one after the other', async () => {
  await using relay = await fixtureRelay(agent);
  const { pair, told } = open(relay.url, { stagger: 400 });
  await until(() => pair.state === 'both');
  relay.restart();
  await until(() => pair.state === 'none');
  expect(pair.send(Uint8Array.of(1))).toBe(false);
  expect(told(EVENTS.relayError)).toHaveLength(1);
  await until(() => pair.state === 'both');
  expect(relay.admitted).toEqual(['link-1', 'link-2', 'link-1', 'link-2']);
});

test('the same trouble again and again is told once, and stays told in the facts', async () => {
  await using relay = await fixtureRelay(agent, { refuses: 403 });
  const { pair, log } = open(relay.url);
  await until(() => log.lines.filter(({ level }) => level === 'debug').length > 0);
  const warned = log.lines.filter(({ level }) => level === 'warn');
  expect(warned.map(({ message }) => message)).toEqual(
    Array(warned.length).fill('the relay answered HTTP 403; trying again'),
  );
  expect(warned.length).toBeLessThanOrEqual(2);
  expect(pair.links[0]?.problem).toBe('the relay answered HTTP 403');
});

test('a relay that has become silent is left', async () => {
  await using relay = await fixtureRelay(agent, { answersPings: false });
  const { pair } = open(relay.url, { pingEvery: 150, stagger: 60_000 });
  await until(() => pair.state === 'one');
  await until(() => relay.admitted.length >= 2);
  expect(new Set(relay.admitted)).toEqual(new Set(['link-1']));
});

test('a link that is stopped while it proves its key stays stopped, and is not come back to', async () => {
  const relay = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(relay, 'listening');
  const audience = `ws://127.0.0.1:${(relay.address() as AddressInfo).port}`;
  const closed = new Promise((resolve) =>
    relay.on('connection', (socket) => {
      socket.send(JSON.stringify({ type: 'challenge', nonce: 'A'.repeat(43), audience }));
      socket.once('message', () => {
        pair.stop();
        socket.send(JSON.stringify({ type: 'ready', time: 0 }));
      });
      socket.on('close', resolve);
    }),
  );
  const { pair, ready } = open(`${audience}/relay`, { stagger: 60_000 });
  await closed;
  await new Promise((resolve) => relay.close(resolve));
  expect(ready).toEqual([]);
  expect(pair.links.map(({ state }) => state)).toEqual(['stopped', 'stopped']);
});

const IDLE = 1_000;
const PING = 200;

test('without pings a proxy cuts the links when they are idle', async () => {
  await using relay = await fixtureRelay(agent);
  await using proxy = await connectProxy({ idleLimit: IDLE });
  const { pair, told } = open(relay.url, { socketAgent: through(proxy.url, relay.url) });
  await until(() => pair.state === 'both');
  await until(() => proxy.cut() >= 2);
  await until(() => told(EVENTS.relayLinkDown).length > 0);
});

test.each([
  ['the relay', { relay: PING, agent: 45_000 }],
  ['the agent', { relay: undefined, agent: PING }],
])('pings of %s alone keep them open through it', async (_, every) => {
  await using relay = await fixtureRelay(agent, every.relay === undefined ? {} : { pingEvery: every.relay });
  await using proxy = await connectProxy({ idleLimit: IDLE });
  const { pair } = open(relay.url, {
    socketAgent: through(proxy.url, relay.url),
    pingEvery: every.agent,
    random: () => 0,
  });
  await until(() => pair.state === 'both');
  expect(proxy.asked).toHaveLength(2);
  const before = proxy.passed();
  // A ping has 2 bytes from a relay, 6 from an agent, and its pong the other of them: 8 there and back.
  const longerThanIdle = (2 * 8 * 2 * IDLE) / PING;
  await until(() => proxy.passed() - before > longerThanIdle);
  expect(proxy.cut()).toBe(0);
  expect(pair.state).toBe('both');
});

test('what a proxy refuses is the problem of the links, in words', async () => {
  await using relay = await fixtureRelay(agent);
  await using proxy = await connectProxy({ credentials: { userName: 'a', password: 'b' } });
  const { pair } = open(relay.url, { socketAgent: through(proxy.url, relay.url) });
  await until(() => pair.links[0]?.problem);
  expect(pair.links[0]?.problem).toMatch(/the proxy 127\.0\.0\.1:\d+ asks for a user name and a password/);
});

function through(proxyUrl: string, relayUrl: string) {
  const network = cloudNetwork({ url: proxyUrl });
  return () => network.socketAgent(relayUrl);
}

test('the facts of the links are left for other processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'homeward-links-'));
  try {
    expect(readLinkFacts(folder)).toBeUndefined();
    const facts = [{ number: 1, state: 'connected', since: 5 } as const];
    writeLinkFacts(folder, facts);
    expect(readLinkFacts(folder)).toEqual(facts);
    writeFileSync(join(folder, 'links.json'), '{');
    expect(readLinkFacts(folder)).toBeUndefined();
    clearLinkFacts(folder);
    clearLinkFacts(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
