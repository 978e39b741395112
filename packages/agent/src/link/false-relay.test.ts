/** A relay in between that would like to be the agent at the true one. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { LinkPair } from './link-pair.ts';
import { fixtureAgent, fixtureRelay, numberedCredentials, recordingLog } from './relay.fixture.ts';

const agent = await fixtureAgent();

/** Passes everything on, the credential too; `name` is what it says that it is called. */
async function relayBetween(trueUrl: string, name: 'the true one’s' | 'its own') {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/relay`;
  const answers: string[] = [];
  const attempts: number[] = [];
  server.on('connection', (near, { headers }) => {
    attempts.push(attempts.length);
    const { authorization = '' } = headers;
    const far = new WebSocket(trueUrl, { headers: { authorization } });
    far.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Record<string, string>;
      const audience = name === 'its own' ? new URL(url).origin : message['audience'];
      near.send(JSON.stringify({ ...message, ...(message['audience'] && { audience }) }));
    });
    near.on('message', (data: Buffer) => {
      answers.push(data.toString());
      far.send(data.toString());
    });
    far.on('close', () => near.close());
    near.on('close', () => far.close());
    far.on('error', () => {});
  });
  return {
    ...{ url, answers, attempts },
    async [Symbol.asyncDispose]() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.each(['the true one’s', 'its own'] as const)(
  'a relay that passes the challenge of another one on under %s name is not let in there',
  async (name) => {
    await using true_ = await fixtureRelay(agent);
    await using between = await relayBetween(true_.url, name);
    const pair = new LinkPair({
      ...{ relayUrl: between.url, agentId: agent.id, identityKey: () => agent.identityKey },
      ...{ credential: numberedCredentials(), log: recordingLog(), now: Date.now, random: () => 0 },
      ...{ pingEvery: 45_000, stagger: 60_000, serve: async () => undefined, onReady() {} },
    });
    pair.start();
    try {
      await vi.waitFor(() => expect(between.attempts.length).toBeGreaterThan(1), { timeout: 15_000 });
      expect(between.answers.length > 0).toBe(name === 'its own');
      expect([true_.admitted, pair.state]).toEqual([[], 'none']);
    } finally {
      pair.stop();
    }
  },
);
