import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Secret } from '@homeward/protocol/secret';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { cloudNetwork } from '../network/cloud-network.ts';
import { connectProxy } from '../network/connect-proxy.fixture.ts';
import { fixtureAgent, fixtureRelay } from './relay.fixture.ts';
import { measureIdle, tryRelay } from './try-relay.ts';

const agent = await fixtureAgent();
const credential = new Secret('token');
/** Another process may get a port that was closed a moment ago; this one is given to nobody. */
const NOBODY = 1;
const servers: WebSocketServer[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const server of servers.splice(0)) {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Says nothing, as the relay does on `?idle`. */
async function silentRelay(options: { autoPong?: boolean } = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  servers.push(server);
  await once(server, 'listening');
  const asked: (string | undefined)[] = [];
  server.on('connection', (_, request) => asked.push(request.url));
  return {
    relayUrl: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/relay`,
    credential,
    asked,
    server,
  };
}

test('a relay is tried as far as its challenge, and no further', async () => {
  await using relay = await fixtureRelay(agent);
  expect(await tryRelay({ relayUrl: relay.url, credential })).toEqual({ kind: 'challenged' });
  expect(relay.admitted).toEqual([]);
});

test('what is no relay, or takes no credential, is told by its answer; what is not there, by its code', async () => {
  await using relay = await fixtureRelay(agent, { refuses: 401 });
  const target = { relayUrl: relay.url, credential };
  expect(await tryRelay(target)).toEqual({ kind: 'refused', status: 401 });
  expect(await measureIdle(target, 10)).toEqual({ kind: 'refused', status: 401 });
  const gone = { relayUrl: `ws://127.0.0.1:${NOBODY}/relay`, credential };
  await expect(tryRelay(gone)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await expect(measureIdle(gone, 10)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a connection that outlives the silence is alive, and one that is cut is told as cut', async () => {
  const target = await silentRelay();
  // As it is dialled, when it is open, and after the silence.
  const clock = vi.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValueOnce(1_000);
  clock.mockReturnValue(241_000);
  expect(await measureIdle(target, 100)).toEqual({ kind: 'alive', seconds: 240 });
  vi.restoreAllMocks();
  expect(target.asked).toEqual(['/relay?idle=']);
  await using proxy = await connectProxy({ idleLimit: 50 });
  const socketAgent = cloudNetwork({ url: proxy.url }).socketAgent(target.relayUrl);
  expect((await measureIdle({ ...target, socketAgent }, 60_000)).kind).toBe('cut');
  expect(proxy.cut()).toBe(1);
});

test('a connection that was forgotten without a word is found dead by a ping that nobody answers', async () => {
  expect((await measureIdle(await silentRelay({ autoPong: false }), 20, 50)).kind).toBe('dead');
});

test('a relay that speaks, and one that closes, offer nothing to measure', async () => {
  await using relay = await fixtureRelay(agent);
  expect(await measureIdle({ relayUrl: relay.url, credential }, 60_000)).toEqual({ kind: 'notOffered' });
  const busy = await silentRelay();
  busy.server.on('connection', (socket) => socket.close(4429));
  expect(await measureIdle(busy, 60_000)).toEqual({ kind: 'closed', reason: 'tooMany' });
});
