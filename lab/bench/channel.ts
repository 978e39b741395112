/**
 * What the sealed channel costs without a directory: an offer, a claim, a request with a password for two recipients,
 * and its signed reply, against a bare WebSocket that carries the request's and the reply's bytes and does nothing
 * with them. Both between the same two processes, in turn.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '@homeward/protocol/id';
import { Relay } from '@homeward/relay';
import { exportJWK, SignJWT } from 'jose';
import { type WebSocket, WebSocketServer } from 'ws';
import { loadKeys, makeKeys } from '../../packages/agent/src/keys/key-store.ts';
import type { ChannelAgentOptions } from './channel-agent.ts';
import { ChannelCloud } from './channel-cloud.ts';
import type { Measured, Sampled } from './report.ts';
import { median, quantile } from './statistics.ts';

export const ROUND_TRIPS = 500;
const WARM_UP = 50;
const IN_FLIGHT = 64;
const THROUGHPUT_REQUESTS = 3_000;
const ISSUER = 'http://localhost';

export async function benchChannel(
  rounds = ROUND_TRIPS,
): Promise<{ sampled: Sampled[]; measured: Measured[] }> {
  await using channel = await openChannel();
  const { cloud } = channel;
  await cloud.roundTrip();
  const { request = 0, reply = 0, offer = 0, claim = 0, settled = 0 } = cloud.bytes;
  const echo = await channel.openEcho({ request, reply });
  const samples = { sealed: [] as number[], echo: [] as number[] };
  for (let round = -WARM_UP; round < rounds; round++) {
    const sealed = await timed(() => cloud.roundTrip());
    const bare = await timed(echo);
    if (round < 0) continue;
    samples.sealed.push(sealed);
    samples.echo.push(bare);
  }
  const since = performance.now();
  let left = THROUGHPUT_REQUESTS;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (left-- > 0) await cloud.roundTrip();
    }),
  );
  const perSecond = THROUGHPUT_REQUESTS / ((performance.now() - since) / 1_000);
  return {
    sampled: [
      sampledAs('sealed round trip, no directory', samples.sealed),
      sampledAs('bare WebSocket echo of the same bytes', samples.echo),
    ],
    measured: [
      {
        key: 'sealed_round_trip_vs_ws_echo',
        what: 'sealed round trip against a bare echo',
        ratio: median(samples.sealed) / median(samples.echo),
        unit: '×',
      },
      {
        key: 'requests_per_second_64_in_flight',
        what: 'requests a second, 64 in flight, no directory',
        value: Math.round(perSecond),
        unit: '1/s',
      },
      {
        key: 'wire_bytes',
        what: 'bytes on the wire, two recipients',
        parts: { request, reply, offer, claim, settled },
        unit: 'B',
      },
    ],
  };
}

type Channel = AsyncDisposable & {
  cloud: ChannelCloud;
  /** @returns one exchange of as many bytes with the agent's process */
  openEcho: (bytes: { request: number; reply: number }) => Promise<() => Promise<void>>;
};

/** Relay and echo in this process, the agent in another one. */
async function openChannel(): Promise<Channel> {
  await using opened = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'homeward-channel-'));
  opened.defer(() => rmSync(folder, { recursive: true }));
  await makeKeys(folder);
  const keys = await loadKeys(folder);
  const [agentId, tenantId] = [newId(), newId()];
  const signing = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.defer(() => void server.close());
  const origin = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { issuer: ISSUER, audience: origin, signingKey: () => signing.publicKey };
  const relay: Relay = new Relay(settings, {
    now: Date.now,
    log: { info() {}, warn() {} },
    isRevoked: () => false,
    receive: (header, frame) => cloud.receive(header, frame),
  });
  opened.defer(() => relay.stop());
  const cloud = await ChannelCloud.open({
    agentId,
    tenantId,
    keys,
    send: (frame) => relay.send(agentId, frame),
  });
  const echoes = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const echo = Promise.withResolvers<WebSocket>();
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/relay') void relay.upgrade(request, socket, head);
    else echoes.handleUpgrade(request, socket, head, echo.resolve);
  });
  const identity = await crypto.subtle.importKey('raw', keys.identity.publicKey, 'Ed25519', true, ['verify']);
  const credential = await new SignJWT({ tid: tenantId, cnf: { jwk: await exportJWK(identity) } })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
    .setSubject(agentId)
    .setIssuer(ISSUER)
    .setAudience(origin)
    .setIssuedAt()
    .setExpirationTime('15m')
    .sign(signing.privateKey);
  const options: ChannelAgentOptions = {
    ...{ stateFolder: folder, agentId, tenantId, credential },
    ...{ relayUrl: `${origin}/relay`, echoUrl: `${origin}/echo` },
  };
  const agent = fork(join(import.meta.dirname, 'channel-agent.ts'), [JSON.stringify(options)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  opened.defer(async () => {
    const ended = once(agent, 'exit');
    agent.kill();
    await ended;
  });
  const socket = await echo.promise;
  for (let patience = 200; !relay.isConnected(agentId); patience--) {
    if (patience === 0) throw new Error('the agent of the benchmark does not connect');
    await sleep(50);
  }
  const life = opened.move();
  const openEcho: Channel['openEcho'] = async ({ request, reply }) => {
    const asked = new Uint8Array(request);
    socket.send(JSON.stringify({ reply }));
    return async () => {
      const answered = once(socket, 'message');
      socket.send(asked, { binary: true });
      await answered;
    };
  };
  return { cloud, openEcho, [Symbol.asyncDispose]: () => life.disposeAsync() };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

function sampledAs(what: string, samples: readonly number[]): Sampled {
  return { what, count: samples.length, p50: median(samples), p95: quantile(samples, 0.95) };
}
