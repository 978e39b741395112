/** A credential that is good for so long by its own word, and that the relay does not take any more. */
import { CLOSE_CODES, type CloseReason } from '@homeward/protocol/close-code';
import { newId } from '@homeward/protocol/id';
import { afterEach, expect, test, vi } from 'vitest';
import type { Enrolment } from '../enrol/enrolment.ts';
import type { AgentKeys } from '../keys/key-store.ts';
import { cachedCredential } from './credential-source.ts';
import { LinkPair } from './link-pair.ts';
import { fixtureAgent, fixtureRelay, recordingLog } from './relay.fixture.ts';

const agent = await fixtureAgent();
const pairs: LinkPair[] = [];
afterEach(() => {
  for (const pair of pairs.splice(0)) pair.stop();
});

const until = (holds: () => unknown) => vi.waitFor(() => expect(holds()).toBeTruthy(), { timeout: 15_000 });

/** One link, with credentials as the agent keeps them: `token-1`, `token-2`, each for a quarter of an hour. */
function open(relayUrl: string) {
  let given = 0;
  const fetch = vi.fn(async () => {
    given += 1;
    return Response.json({ access_token: `token-${given}`, expires_in: 900 });
  });
  const cloudUrl = 'https://reset.example.com';
  const enrolment = { agentId: agent.id, tenantId: newId(), cloudUrl, issuer: cloudUrl, relayUrl };
  const deps = {
    enrolment: enrolment as Enrolment,
    keys: { identity: { privateKey: agent.identityKey } } as AgentKeys,
    ...{ fetch: fetch as typeof globalThis.fetch, now: Date.now },
  };
  const pair = new LinkPair({
    ...{ relayUrl, agentId: agent.id, identityKey: () => agent.identityKey, log: recordingLog() },
    ...{ credential: () => cachedCredential(deps, 'relay'), serve: async () => undefined, onReady() {} },
    ...{ pingEvery: 45_000, stagger: 60_000, random: () => 0, now: Date.now },
  });
  pairs.push(pair);
  pair.start();
}

test('a credential that is answered with 401 is not shown again', async () => {
  const shown: string[] = [];
  const refuses = (credential: string) => {
    shown.push(credential);
    return credential === 'token-1' ? 401 : undefined;
  };
  await using relay = await fixtureRelay(agent, { refuses });
  open(relay.url);
  await until(() => relay.admitted.length === 1);
  expect(shown).toEqual(['token-1', 'token-2']);
});

test('a credential that another refusal came for is kept: that it is bad, nobody said', async () => {
  const shown: string[] = [];
  const refuses = (credential: string) => (shown.push(credential) < 3 ? 503 : undefined);
  await using relay = await fixtureRelay(agent, { refuses });
  open(relay.url);
  await until(() => relay.admitted.length === 1);
  expect(shown).toEqual(['token-1', 'token-1', 'token-1']);
});

test.each<[CloseReason, string]>([
  ['unauthenticated', 'token-2'],
  ['credentialExpired', 'token-2'],
  ['restarting', 'token-1'],
  ['silent', 'token-1'],
])('after a close with %s the next link shows %s', async (reason, credential) => {
  await using relay = await fixtureRelay(agent);
  open(relay.url);
  await until(() => relay.sockets.size === 1);
  for (const socket of relay.sockets) socket.close(CLOSE_CODES[reason]);
  await until(() => relay.admitted.length === 2);
  expect(relay.admitted).toEqual(['token-1', credential]);
});
