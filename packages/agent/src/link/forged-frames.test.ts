/** A relay that sends what no cloud of ours packed. */
import { closeReasonOf } from '@homeward/protocol/close-code';
import { afterEach, expect, test, vi } from 'vitest';
import { LinkPair, type LinkPairDeps } from './link-pair.ts';
import { fixtureAgent, fixtureRelay, numberedCredentials, recordingLog } from './relay.fixture.ts';

const agent = await fixtureAgent();
const pairs: LinkPair[] = [];
afterEach(() => {
  for (const pair of pairs.splice(0)) pair.stop();
});

const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), { timeout: 15_000 });

function open(relayUrl: string, serve: LinkPairDeps['serve']) {
  const log = recordingLog();
  const pair = new LinkPair({
    ...{ relayUrl, agentId: agent.id, identityKey: () => agent.identityKey, serve, log },
    ...{ credential: numberedCredentials(), onReady() {}, now: Date.now, random: () => 0 },
    ...{ pingEvery: 45_000, stagger: 60 },
  });
  pairs.push(pair);
  pair.start();
  const waits = () =>
    log.lines
      .filter(({ message }) => message.includes('forgedPackages'))
      .map(({ fields }) => fields['retryInMs']);
  return { pair, waits };
}

/** Takes a 1 for good, and a 0 for forged. */
const serve: LinkPairDeps['serve'] = async (frame, onForged) => {
  if (frame[0] === 0) onForged();
  return undefined;
};

test('the sixteenth package that does not open ends its link by name, and the other one serves on', async () => {
  await using relay = await fixtureRelay(agent);
  const served = vi.fn(serve);
  const { pair } = open(relay.url, served);
  await until(() => pair.state === 'both');
  const [first, second] = relay.sockets;
  const closed = new Promise<number>((resolve) => first?.once('close', resolve));
  for (let index = 0; index < 15; index++) {
    for (const socket of [first, second]) socket?.send(Uint8Array.of(0));
    first?.send(Uint8Array.of(1));
  }
  await until(() => served.mock.calls.length === 45);
  expect(pair.state).toBe('both');
  first?.send(Uint8Array.of(0));
  expect(closeReasonOf(await closed)).toBe('forgedPackages');
  expect(second?.readyState).toBe(1);
  await until(() => pair.state === 'both');
});

test('a relay that goes on forging is come back to ever later', async () => {
  await using relay = await fixtureRelay(agent);
  const { waits } = open(relay.url, serve);
  const timer = setInterval(() => {
    for (const socket of relay.sockets) for (let sent = 0; sent < 16; sent++) socket.send(Uint8Array.of(0));
  }, 20);
  try {
    await until(() => waits().includes(1_000));
    expect(waits()).toEqual(expect.arrayContaining([250, 500, 1_000]));
  } finally {
    clearInterval(timer);
  }
});
