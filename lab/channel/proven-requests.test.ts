/** The agent's own clients against the cloud's own routes: who copied a credential, or a request, has nothing. */
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@homeward/protocol/id';
import { Secret } from '@homeward/protocol/secret';
import type { ExportOperation } from '@homeward/sync';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { enrol } from '../../packages/agent/src/enrol/enrolment.ts';
import { openEventFile } from '../../packages/agent/src/events/event-file.ts';
import { startMirror } from '../../packages/agent/src/events/mirror-events.ts';
import { loadKeys } from '../../packages/agent/src/keys/key-store.ts';
import { cachedCredential } from '../../packages/agent/src/link/credential-source.ts';
import { provenRequests } from '../../packages/agent/src/network/proven-requests.ts';
import { KeyRollover } from '../../packages/agent/src/rollover/key-rollover.ts';
import { requestRollover } from '../../packages/agent/src/rollover/rollover-files.ts';
import { listResources, sendBulk } from '../../packages/agent/src/sync/scim-client.ts';
import {
  type AgentsSide,
  CORP,
  NORTH,
  startAgentsSide,
} from '../../packages/cloud/src/agents/enrolling-machine.fixture.ts';
import { newProver, proofOf } from '../../packages/cloud/src/agents/prover.fixture.ts';
import { scimRoutes } from '../../packages/cloud/src/scim/routes.ts';
import { storeOn } from '../../packages/cloud/src/store/store.ts';
import { DEFAULT_LIMITS } from '../../packages/cloud/src/verify/throttle/limits.ts';

const MINUTE = 60_000;
const log = { debug() {}, info() {}, warn() {}, error() {} };

let opened: AsyncDisposableStack;
let side: AgentsSide;
beforeEach(async () => {
  opened = new AsyncDisposableStack();
  side = opened.use(await startAgentsSide());
  const { app, agents, clock, database, url } = side;
  const store = storeOn(database, DEFAULT_LIMITS);
  app.route(
    '/scim/v2',
    scimRoutes({ store, tokens: agents.tokens, clock: () => clock.now, publicUrl: url, log }),
  );
}, 60_000);
afterEach(() => opened.disposeAsync(), 60_000);

/** An enrolled agent; what it sends is written down as somebody on the way sees it. */
async function newAgent(forest = CORP) {
  const { path: stateFolder } = opened.use(mkdtempDisposableSync(join(tmpdir(), 'homeward-proven-')));
  const { enrolment } = await enrol(
    {
      ...{ cloudUrl: side.url, token: new Secret(await side.newToken()), name: 'dc-agent-1' },
      ...{ stateFolder, forests: [forest] },
    },
    fetch,
  );
  const keys = await loadKeys(stateFolder);
  const sent: { url: string; init: RequestInit; who: Record<string, string> }[] = [];
  const watched: typeof fetch = async (input, init = {}) => {
    const who = Object.fromEntries(new Headers(init.headers));
    if (who['dpop'] !== undefined) sent.push({ url: String(input), init, who });
    return fetch(input, init);
  };
  const asking = { enrolment, keys, fetch: watched, now: () => side.clock.now };
  const provenFor = (scope: 'scim' | 'events') => provenRequests(cachedCredential(asking, scope), asking);
  const cloud = { url: enrolment.cloudUrl, ...provenFor('scim'), fetch: watched };
  const deps = { cloud, now: asking.now, sleep: async () => {} };
  const clock = { now: asking.now };
  return {
    ...{ enrolment, keys, sent, stateFolder, provenFor, fetch: watched },
    provision: (number: number) => sendBulk(deps, [person(number)]),
    listed: () => listResources(deps, 'Users').next(),
    rollover: new KeyRollover({
      ...{ stateFolder, enrolment, keys, fetch, clock, log },
      lifetime: 180 * 1_440 * MINUTE,
    }),
  };
}

const person = (number: number): ExportOperation => ({
  ...{
    kind: 'create',
    cloudObject: number,
    objectType: 'user',
    sourceAnchor: `anchor${number}`,
    refusals: 0,
  },
  attributes: {
    userName: [`person${number}@corp.example.com`],
    active: ['true'],
    forest: [CORP.sid],
  },
});

const people = async () => (await side.database.selectFrom('person').select('userName').execute()).length;

test('an agent provisions and lists; of what somebody copied on the way nothing can be used', async () => {
  const agent = await newAgent();
  expect(await agent.provision(1)).toMatchObject([{ answer: { kind: 'accepted' } }]);
  expect(await agent.listed()).toMatchObject({ value: [{ userName: 'person1@corp.example.com' }] });
  const [bulk] = agent.sent;
  if (bulk === undefined) throw new Error('nothing was sent');
  const again = (headers: Record<string, string>, url = bulk.url) =>
    fetch(url, { ...bulk.init, signal: null, headers: { ...bulk.who, ...headers } });
  const credential = bulk.who['authorization']?.replace('DPoP ', '') ?? '';
  const refusal = async (answer: Response) => {
    expect(answer.headers.get('www-authenticate')).toContain('DPoP');
    return [answer.status, ((await answer.json()) as { detail: string }).detail];
  };

  expect(await refusal(await again({}))).toEqual([401, 'This proof was used before.']);
  const words = expect.stringContaining('came without');
  expect(await refusal(await again({ authorization: `Bearer ${credential}` }))).toEqual([401, words]);
  const thief = await newProver();
  const forged = await proofOf(thief, { credential, method: 'POST', url: bulk.url, now: side.clock.now });
  expect(await refusal(await again({ dpop: forged }))).toEqual([401, expect.stringContaining('not signed')]);
  const other = await newAgent(NORTH).then(({ provenFor }) => provenFor('scim').authorize('POST', bulk.url));
  expect(await refusal(await again({ dpop: other['dpop'] ?? '' }))).toEqual([
    401,
    expect.stringContaining('not signed'),
  ]);
  expect(await people()).toBe(1);
});

test('events are told with a proof, and a copied credential tells none', async () => {
  const agent = await newAgent();
  openEventFile(agent.stateFolder).append({
    ...{ id: newId(), time: new Date(side.clock.now).toISOString(), event: 31_002, level: 'info' },
    message: '',
  });
  const mirror = startMirror({
    ...{ stateFolder: agent.stateFolder, cloudUrl: side.url, credential: agent.provenFor('events') },
    ...{ fetch: agent.fetch, random: () => 0, log, every: 10 },
  });
  opened.defer(() => mirror.stop());
  const kept = () => side.database.selectFrom('agentEvent').select('event').execute();
  await expect.poll(kept, { timeout: 60_000 }).toEqual([{ event: 31_002 }]);
  const [told] = agent.sent;
  const body = String(told?.init.body).replace('31002', '31003');
  const headers = {
    ...told?.who,
    authorization: told?.who['authorization']?.replace('DPoP', 'Bearer') ?? '',
  };
  const { status } = await fetch(told?.url ?? '', { method: 'POST', headers, body });
  expect(status).toBe(401);
  expect(await kept()).toHaveLength(1);
});

test('provisioning goes on while keys roll over three times, and with the old ones destroyed', async () => {
  const agent = await newAgent();
  let provisioned = 0;
  let isRolling = true;
  const lane = async () => {
    while (isRolling || provisioned < 40)
      expect(await agent.provision(++provisioned)).toMatchObject([{ answer: { kind: 'accepted' } }]);
  };
  const roll = async () => {
    for (let roll = 0; roll < 3; roll++) {
      side.clock.now += 20_000;
      requestRollover(agent.stateFolder, side.clock.now);
      await agent.rollover.advance();
    }
    isRolling = false;
  };
  await Promise.all([roll(), lane(), lane(), lane()]);
  expect(agent.keys.current.number).toBe(4);
  side.clock.now += 7 * MINUTE;
  await agent.rollover.advance();
  expect(agent.keys.all).toHaveLength(1);
  expect(await agent.provision(++provisioned)).toMatchObject([{ answer: { kind: 'accepted' } }]);
  expect(await people()).toBe(provisioned);
  expect(new Set(agent.sent.map(({ who }) => who['authorization'])).size).toBeGreaterThanOrEqual(4);
});
