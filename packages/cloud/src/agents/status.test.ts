import { randomBytes, toBase64url, toHex } from '@homeward/protocol/bytes';
import type { FrameType } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import { importPackageKey, type PackageKey, pack, unpack } from '@homeward/protocol/package';
import { type AgentReport, encodeReport, MOST_FORESTS } from '@homeward/protocol/report';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts';
import { eventually } from '../testing/eventually.ts';
import { AgentRegistry } from './agent-registry.ts';
import { StatusWatch } from './status-watch.ts';

const tenant = { id: newId() };
const CORP = 'S-1-5-21-1-2-3';
const minute = 60_000;

let now: number;
let store: TestDatabase;
let registry: AgentRegistry;
let watch: StatusWatch;
let links: Map<string, number>;
let sent: { agentId: string; frame: Uint8Array }[];
let disconnected: string[];
let keys: Map<string, PackageKey>;
let passwordKey: string;

beforeEach(async () => {
  // Nobody is asked but by the test: on a busy machine five seconds may pass in the middle of one.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  now = 1_800_000_000_000;
  store = await openTestDatabase();
  registry = new AgentRegistry(store);
  links = new Map();
  keys = new Map();
  [sent, disconnected] = [[], []];
  const rsa = { name: 'RSA-OAEP', hash: 'SHA-256', modulusLength: 2_048 };
  const made = await crypto.subtle.generateKey({ ...rsa, publicExponent: Uint8Array.of(1, 0, 1) }, true, [
    'encrypt',
    'decrypt',
  ]);
  passwordKey = toBase64url(new Uint8Array(await crypto.subtle.exportKey('spki', made.publicKey)));
  watch = await started();
});
afterEach(async () => {
  watch.stop();
  vi.useRealTimers();
  await store[Symbol.asyncDispose]();
});

async function started(): Promise<StatusWatch> {
  const fresh = new StatusWatch({
    ...{ database: store.database, registry, tenant, clock: () => now },
    relay: {
      isConnected: (id) => (links.get(id) ?? 0) > 0,
      linksOf: (id) => links.get(id) ?? 0,
      disconnect: (id) => void disconnected.push(id),
      send(agentId, frame) {
        sent.push({ agentId, frame });
        return 'sent';
      },
    },
    log: { info: () => {}, warn: () => {} },
  });
  await fresh.start();
  return fresh;
}

async function addAgent(forest = { sid: CORP, domain: 'corp.example.com', netbiosName: 'CORP' }) {
  const id = newId();
  const raw = randomBytes(32);
  const packageKeyId = toHex(randomBytes(8));
  const identity = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  await store.database
    .insertInto('agent')
    .values({
      ...{ id, tenantId: tenant.id, name: 'dc-agent-1', status: 'active', enrolledAt: now },
      identityKey: toBase64url(new Uint8Array(await crypto.subtle.exportKey('raw', identity.publicKey))),
      ...{ passwordKey, packageKeyId, forests: JSON.stringify([forest]) },
      packageKeySealed: store.secrets.seal('package-key', id, raw),
    })
    .execute();
  await registry.refresh();
  keys.set(id, await importPackageKey(packageKeyId, raw));
  links.set(id, 2);
  return id;
}

const healthy = (changes: Partial<AgentReport> = {}): AgentReport => ({
  ...{ version: '0.1.0', session: 5, instance: 'a', clock: now, generation: 1, breakerOpen: false },
  forests: { [CORP]: 'up' },
  counts: { served: 3, applied: 2, unsettled: 0, people: 10 },
  ...changes,
});

async function say(agentId: string, type: FrameType, requestId: string, report: AgentReport) {
  const key = keys.get(agentId);
  if (key === undefined) throw new Error('no such agent');
  const header = { type, agentId, requestId, expires: now + minute };
  const frame = await pack({ header, body: encodeReport(report) }, tenant.id, key);
  return watch.receive(header, frame, async () => 'genuine');
}

const heartbeat = (agentId: string, report = healthy()) => say(agentId, 'heartbeat', newId(), report);

/** Lets the agent answer a probe as the real one would: the request id is only in the frame. */
async function probed(agentId: string, report = healthy()): Promise<void> {
  watch.connected(agentId);
  await say(agentId, 'probed', await probeFor(agentId), report);
}

async function probeFor(agentId: string): Promise<string> {
  await eventually(() => sent.length).toBeGreaterThan(0);
  const probe = sent.pop();
  const key = keys.get(agentId);
  const { header } = await unpack(probe?.frame ?? new Uint8Array(), tenant.id, () => key);
  expect(header).toMatchObject({ type: 'probe', agentId });
  return header.requestId;
}

test('nothing is enrolled: not set up', async () => {
  expect(await watch.status()).toMatchObject({ state: 'notSetUp', forests: [], agents: [] });
});

test('up only after a probe came back by way of relay, agent and directory, and for some minutes', async () => {
  const agent = await addAgent();
  expect(await watch.status()).toMatchObject({ state: 'down', why: 'notAskedYet' });
  await heartbeat(agent);
  expect(await watch.status()).toMatchObject({ state: 'down', why: 'notAskedYet' });
  await probed(agent);
  expect(await watch.status()).toMatchObject({
    state: 'up',
    forests: [{ sid: CORP, domain: 'corp.example.com', link: 'up', agents: [agent] }],
    agents: [{ id: agent, links: 2, warnings: [], lastProbedAt: now, keys: { generation: 1 } }],
  });
  now += 4 * minute;
  await heartbeat(agent);
  expect(await watch.status()).toMatchObject({ state: 'down', why: 'notAskedYet' });
});

test('an answer that is repeated, or that nobody asked for, is no probe', async () => {
  const agent = await addAgent();
  await say(agent, 'probed', newId(), healthy());
  expect((await watch.status()).state).toBe('down');
  await probed(agent);
  now += 4 * minute;
  await say(agent, 'probed', newId(), healthy());
  expect((await watch.status()).state).toBe('down');
});

test.each<[string, Partial<AgentReport>, string]>([
  ['the directory', { forests: { [CORP]: 'unreachable' } }, 'directoryUnreachable'],
  ['its certificate', { forests: { [CORP]: 'notTrusted' } }, 'notTrusted'],
  ['the service account', { forests: { [CORP]: 'accountRefused' } }, 'accountRefused'],
  ['policy hints that are required', { forests: { [CORP]: 'noPolicyHints' } }, 'noPolicyHints'],
  ['a forest it does not tell of', { forests: {} }, 'notAskedYet'],
  ['the breaker', { breakerOpen: true }, 'breakerOpen'],
  ['a clock over a minute off', { clock: 1_800_000_061_000 }, 'clockWrong'],
  ['its software', { version: '0.0.9' }, 'softwareTooOld'],
])('the broken link is named: %s', async (_, report, why) => {
  const agent = await addAgent();
  await probed(agent, healthy(report));
  expect(await watch.status()).toMatchObject({ state: 'down', why });
});

test('a probe lives long enough for an agent whose clock is minutes ahead', async () => {
  const agent = await addAgent();
  watch.connected(agent);
  await eventually(() => sent.length).toBe(1);
  const { header } = await unpack(sent[0]?.frame ?? new Uint8Array(), tenant.id, () => keys.get(agent));
  expect(header.expires).toBeGreaterThan(now + 10 * minute);
});

test('an agent that is away, or connected and silent, is told apart from a cloud that just started', async () => {
  const agent = await addAgent();
  links.set(agent, 0);
  expect((await watch.status()).why).toBe('cloudStarting');
  links.set(agent, 2);
  await heartbeat(agent);
  links.set(agent, 0);
  expect((await watch.status()).why).toBe('agentOffline');
  links.set(agent, 2);
  watch.connected(agent);
  await eventually(() => sent.length).toBe(1);
  now += minute;
  expect((await watch.status()).why).toBe('agentSilent');
});

test('one link, a drifting clock or a write without its end are warnings', async () => {
  const agent = await addAgent();
  links.set(agent, 1);
  const counts = { served: 1, applied: 1, unsettled: 1, people: 10 };
  await probed(agent, healthy({ clock: now + 31_000, counts }));
  expect(await watch.status()).toMatchObject({
    state: 'upWithWarnings',
    agents: [{ warnings: ['oneLink', 'clockDrifts', 'unsettled'] }],
  });
});

test('one forest of two is partly up, and a forest with people and no agent is none', async () => {
  const first = await addAgent();
  await addAgent({ sid: 'S-1-5-21-7-8-9', domain: 'lab.example.com', netbiosName: 'LAB' });
  await probed(first);
  expect(await watch.status()).toMatchObject({
    state: 'partlyUp',
    forests: [{ link: 'up' }, { domain: 'lab.example.com', link: 'notAskedYet' }],
  });
});

test('the standby carries a forest whose first agent is away', async () => {
  const [first, standby] = [await addAgent(), await addAgent()];
  now += 2 * minute;
  links.set(first, 0);
  await probed(standby);
  expect(await watch.status()).toMatchObject({
    state: 'upWithWarnings',
    forests: [{ link: 'up' }],
    agents: [{ forests: { [CORP]: 'agentOffline' } }, { forests: { [CORP]: 'up' } }],
  });
});

test('a second machine with the agent’s state is found, and the agent shut out until somebody looks', async () => {
  const agent = await addAgent();
  await heartbeat(agent, healthy({ session: 6, instance: 'b' }));
  await heartbeat(agent, healthy({ session: 5, clock: now - 1 }));
  expect(registry.get(agent)).toBeDefined();
  now += 1_000;
  await heartbeat(agent, healthy({ session: 5 }));
  expect(registry.get(agent)).toBeUndefined();
  expect(disconnected).toEqual([agent]);
  expect(await watch.status()).toMatchObject({ state: 'down', why: 'cloned' });
  const audited = await store.database.selectFrom('audit').select(['activity', 'result']).execute();
  expect(audited).toEqual([{ activity: 'agentCloned', result: 'agentCloned' }]);
  expect(await watch.reinstate(agent)).toBe(true);
  expect(await watch.reinstate(agent)).toBe(false);
  await heartbeat(agent, healthy({ session: 5 }));
  expect(registry.get(agent)).toBeDefined();
});

test('two starts with one number are a copy, also when the cloud was restarted in between', async () => {
  const agent = await addAgent();
  await heartbeat(agent);
  watch.stop();
  watch = await started();
  now += 1_000;
  await heartbeat(agent, healthy({ instance: 'b' }));
  expect(disconnected).toEqual([agent]);
});

test('a restart of the agent is none', async () => {
  const agent = await addAgent();
  await heartbeat(agent);
  await heartbeat(agent, healthy({ session: 6, instance: 'b' }));
  expect(disconnected).toEqual([]);
});

test('people are told that it is down only where no connected agent has a directory', async () => {
  const agent = await addAgent();
  expect(watch.isUp(tenant.id)).toBe(true);
  await heartbeat(agent, healthy({ forests: { [CORP]: 'unreachable' } }));
  expect(watch.isUp(tenant.id)).toBe(false);
  await heartbeat(agent);
  expect(watch.isUp(tenant.id)).toBe(true);
  links.set(agent, 0);
  expect(watch.isUp(tenant.id)).toBe(false);
});

test('nobody is turned away because an agent that just started has asked no directory yet', async () => {
  const agent = await addAgent();
  await heartbeat(agent, healthy({ forests: { [CORP]: 'unknown' } }));
  expect(watch.isUp(tenant.id)).toBe(true);
  expect(await watch.status()).toMatchObject({ state: 'down', why: 'notAskedYet' });
});

test('an answer in parts counts when all of them are here, in any order, and tells all forests', async () => {
  const agent = await addAgent();
  watch.connected(agent);
  const requestId = await probeFor(agent);
  const inPart = (number: number, forests: AgentReport['forests']) =>
    say(agent, 'probed', requestId, healthy({ forests, part: { number, of: 2 } }));
  await inPart(2, { 'S-1-5-21-7-8-9': 'unreachable' });
  expect(await watch.status()).toMatchObject({ why: 'notAskedYet' });
  await inPart(2, { 'S-1-5-21-7-8-9': 'unreachable' });
  expect(await watch.status(), 'one that is repeated is not the other one').toMatchObject({
    why: 'notAskedYet',
  });
  await inPart(1, { [CORP]: 'up' });
  const status = await watch.status();
  expect(status).toMatchObject({ state: 'up', forests: [{ sid: CORP, link: 'up' }] });
  expect(status.agents[0]?.report?.forests).toEqual({ [CORP]: 'up', 'S-1-5-21-7-8-9': 'unreachable' });
});

test('a part leaves the other forests of its start as they were, and one of another start does not', async () => {
  const agent = await addAgent();
  const forestsNow = async () => Object.keys((await watch.status()).agents[0]?.report?.forests ?? {});
  const part = { number: 1, of: 2 };
  await heartbeat(agent, healthy({ forests: { a: 'up', b: 'up' } }));
  await heartbeat(agent, healthy({ forests: { b: 'up', c: 'up' }, part }));
  expect(await forestsNow()).toEqual(['a', 'b', 'c']);
  await heartbeat(agent, healthy({ session: 6, forests: { c: 'up' }, part }));
  expect(await forestsNow()).toEqual(['c']);
});

test('parts that make more forests than an agent may have are refused', async () => {
  const agent = await addAgent();
  const kept = async () => Object.keys((await watch.status()).agents[0]?.report?.forests ?? {}).length;
  for (let at = 0; at < MOST_FORESTS; at += 8) {
    const forests = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`f${at + index}`, 'up']));
    await heartbeat(
      agent,
      healthy({ forests: forests as AgentReport['forests'], part: { number: 1, of: 2 } }),
    );
  }
  expect(await kept()).toBe(MOST_FORESTS);
  const one = healthy({ forests: { onemore: 'up' }, part: { number: 2, of: 2 } });
  expect(await say(agent, 'heartbeat', newId(), one)).toBe('refused');
  expect(await kept()).toBe(MOST_FORESTS);
});

test('a late or foreign report changes nothing', async () => {
  const [agent, other] = [await addAgent(), await addAgent()];
  const header = {
    type: 'heartbeat' as const,
    agentId: agent,
    requestId: newId(),
    expires: now - 2 * minute,
  };
  const key = keys.get(agent) as PackageKey;
  const old = await pack({ header, body: encodeReport(healthy()) }, tenant.id, key);
  expect(await watch.receive(header, old, async () => 'genuine')).toBe('late');
  const foreign = { ...header, expires: now + minute };
  const body = encodeReport(healthy());
  const stolen = await pack({ header: foreign, body }, tenant.id, keys.get(other) as PackageKey);
  expect(await watch.receive(foreign, stolen, async () => 'genuine')).toBe('forged');
  expect((await watch.status()).agents.map(({ report }) => report)).toEqual([undefined, undefined]);
});
