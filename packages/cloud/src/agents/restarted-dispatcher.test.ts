/** Crash points C1 to C3: a cloud that dies around a grant, and the one that is started after it on the same store. */
import { fromBase64url, randomBytes, sha256, toBase64url, toHex } from '@homeward/protocol/bytes';
import { decodeOffer, encodeClaim } from '@homeward/protocol/control';
import { signEnrolment } from '@homeward/protocol/enrolment';
import { decodeFrameHeader, type FrameType } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import type { Outcome } from '@homeward/protocol/outcome';
import { importPackageKey, pack, unpack } from '@homeward/protocol/package';
import { Password } from '@homeward/protocol/password';
import { signReply } from '@homeward/protocol/reply';
import { decodeRequest } from '@homeward/protocol/request';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentRegistry } from './agent-registry.ts';
import { Dispatcher, type Order } from './dispatch.ts';
import { type AgentsSide, CORP, startAgentsSide } from './enrolling-machine.fixture.ts';
import { Offers } from './offers.ts';
import { SentRequests } from './sent-requests.ts';
import { servingAgents } from './serving-agents.ts';
import { answerTaker } from './take-frames.ts';

let side: AgentsSide;
let agent: Awaited<ReturnType<typeof enrolledAgent>>;

beforeEach(async () => {
  side = await startAgentsSide();
  agent = await enrolledAgent();
});
afterEach(() => side[Symbol.asyncDispose]());

const rowOf = (requestId: string) =>
  side.database
    .selectFrom('request')
    .select(['state', 'agentId'])
    .where('id', '=', requestId)
    .executeTakeFirst();

const order = (more: Partial<Order> = {}): Order => {
  const personId = newId();
  const password = Password.of('Correct horse 7 battery');
  const who = { flowId: newId(), personId, actorId: personId };
  return { operation: 'reset', ...who, password, deadline: side.clock.now + 60_000, ...more };
};

test('the row of a request is there before a byte of it leaves', async () => {
  let isGranted = false;
  const seen: unknown[] = [];
  const watch = ({ type, frame }: Sent) => {
    if (type === 'request') seen.push(isGranted, rowOf(decodeFrameHeader(frame).requestId));
  };
  const cloud = await startDispatcher({ watch });
  const granting = async () => {
    await new Promise((done) => setTimeout(done, 50));
    isGranted = true;
    return true;
  };
  await cloud.dispatcher.order(order({ granting }));
  expect(await Promise.all(seen)).toEqual([true, { state: 'granted', agentId: agent.id }]);
});

test('a request that is just being granted is not asked about: the agent would bury it, and it leaves right after', async () => {
  const cloud = await startDispatcher();
  let asking: Promise<void> | undefined;
  const granting = async () => {
    // Its turn comes when the row is committed, and before that is on the disk.
    asking = cloud.requests.askAbout(agent.id);
    return true;
  };
  const { requestId } = await cloud.dispatcher.order(order({ granting }));
  await asking;
  expect(cloud.sent.map(({ type }) => type)).toEqual(['offer', 'request']);
  const isNeverSent = async () => false;
  const stopped = await cloud.dispatcher.order(order({ granting: isNeverSent }));
  expect(stopped.outcome).toEqual({ kind: 'pending' });
  cloud.pass(180_000);
  await cloud.requests.askAbout(agent.id);
  expect(cloud.sent.slice(3).map(({ type }) => type)).toEqual(['whatOf']);
  expect(decodeFrameHeader(cloud.sent.at(-1)?.frame ?? new Uint8Array()).requestId).toBe(requestId);
});

test('C1: of an offer that nobody had claimed when the cloud died, the next one knows nothing, and nothing was sent', async () => {
  const before = await startDispatcher({ claims: false });
  await before.dispatcher.order(order());
  const next = await startDispatcher();
  await next.requests.connected(agent.id);
  expect([...before.sent, ...next.sent].map(({ type }) => type)).toEqual(['offer']);
});

test('C2: a request that was granted and never left is asked about, and ends as never started', async () => {
  const before = await startDispatcher({ loses: 'request' });
  const { requestId, outcome } = await before.dispatcher.order(order());
  expect(outcome).toEqual({ kind: 'pending' });
  const next = await startDispatcher();
  await next.requests.connected(agent.id);
  expect(next.sent.map(({ type }) => type)).toEqual(['whatOf']);
  await next.take(await agent.reply(requestId, { kind: 'notStarted' }));
  expect(await rowOf(requestId)).toEqual({ state: 'settled', agentId: agent.id });
  expect(await side.agents.writeback.find(requestId)).toEqual({ kind: 'notStarted' });
  expect(next.sent.at(-1)?.type).toBe('settled');
});

test('C3: the answer to a request that an earlier process sent is taken by the next one, once', async () => {
  const before = await startDispatcher();
  const { requestId } = await before.dispatcher.order(order());
  const request = before.sent.find(({ type }) => type === 'request')?.frame ?? new Uint8Array();
  const next = await startDispatcher();
  await next.requests.connected(agent.id);
  expect(next.sent.map(({ type }) => type)).toEqual(['whatOf']);
  await next.take(await agent.reply(requestId, { kind: 'applied' }, request));
  expect(await side.agents.writeback.find(requestId)).toEqual({ kind: 'applied' });
  await next.take(await agent.reply(requestId, { kind: 'unknown' }));
  expect(await side.agents.writeback.find(requestId)).toEqual({ kind: 'applied' });
  expect(next.sent.map(({ type }) => type)).toEqual(['whatOf', 'settled', 'settled']);
  await next.requests.connected(agent.id);
  expect(next.sent).toHaveLength(3);
});

type Sent = { type: FrameType; frame: Uint8Array };

type Wire = {
  watch?: (sent: Sent) => void;
  /** what never arrives */
  loses?: FrameType;
  /** whether the agent takes offers */
  claims?: boolean;
};

/** A process of the cloud on the side's store. */
async function startDispatcher({ watch, loses, claims = true }: Wire = {}) {
  const { database, asynchronousCommit, flushed, secrets, tenant, clock } = side;
  const registry = new AgentRegistry({ database, secrets });
  await registry.refresh();
  const sent: Sent[] = [];
  const shared = { database, secrets, registry, tenantId: tenant.id, clock: () => clock.now };
  const log = { info() {}, warn() {} };
  const send = (_: string, frame: Uint8Array) => {
    const { type } = decodeFrameHeader(frame);
    watch?.({ type, frame });
    if (type !== loses) sent.push({ type, frame });
    if (type === 'offer' && claims) void agent.claim(frame).then(take);
    return 'sent' as const;
  };
  // Whoever claims is not late, however busy this machine is.
  const claimWithin = claims ? 60_000 : 100;
  const offers = new Offers({ ...shared, log, send, claimWithin });
  const requests = new SentRequests({ ...shared, log, asynchronousCommit, flushed, relay: { send } });
  const isConnected = () => true;
  const serving = servingAgents({ ...shared, log, isConnected, forestOf: async () => CORP.sid });
  const dispatcher = new Dispatcher({ ...shared, serving, offers, sent: requests, patience: 100 });
  const answers = answerTaker({ ...shared, offers, sent: requests });
  const take = (frame: Uint8Array) => answers(decodeFrameHeader(frame), frame);
  const pass = (ms: number) => {
    clock.now += ms;
  };
  return { dispatcher, requests, sent, take, pass };
}

/** Enrolled at the side's cloud, with keys that the test signs with. */
async function enrolledAgent() {
  const rsa = { name: 'RSA-OAEP', hash: 'SHA-256', modulusLength: 2_048 };
  const exponent = { publicExponent: Uint8Array.of(1, 0, 1) };
  const password = await crypto.subtle.generateKey({ ...rsa, ...exponent }, true, ['encrypt', 'decrypt']);
  const identity = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const identityKey = new Uint8Array(await crypto.subtle.exportKey('raw', identity.publicKey));
  const passwordKey = new Uint8Array(await crypto.subtle.exportKey('spki', password.publicKey));
  const packageKey = { id: toHex(randomBytes(8)), key: toBase64url(randomBytes(32)) };
  const token = await side.newToken();
  const proof = await signEnrolment({ token, identityKey, passwordKey, packageKey }, identity.privateKey);
  const encoded = { identityKey: toBase64url(identityKey), passwordKey: toBase64url(passwordKey) };
  const response = await fetch(`${side.url}/agents/enrol`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ token, name: 'dc-agent-1', forests: [CORP], packageKey, proof: toBase64url(proof) },
      ...encoded,
    }),
  });
  const { agentId: id } = (await response.json()) as { agentId: string };
  const key = await importPackageKey(packageKey.id, fromBase64url(packageKey.key));
  const tenantId = side.tenant.id;
  const opened = (frame: Uint8Array) => unpack(frame, tenantId, () => key);
  return {
    id,
    async claim(frame: Uint8Array) {
      const { header, body } = await opened(frame);
      const claim = encodeClaim(decodeOffer(body).number);
      return pack({ header: { ...header, type: 'claim' }, body: claim }, tenantId, key);
    },
    /** @param request what is answered, where it arrived */
    async reply(requestId: string, outcome: Outcome, request?: Uint8Array) {
      const inner = request && decodeRequest((await opened(request)).body).inner;
      const sealedDigest = inner && (await sha256(inner));
      const binding = { tenantId, agentId: id, requestId, ...(sealedDigest && { sealedDigest }) };
      const body = await signReply({ outcome, event: 31_002 }, binding, identity.privateKey);
      const header = { type: 'reply' as const, agentId: id, requestId, expires: side.clock.now + 60_000 };
      return pack({ header, body }, tenantId, key);
    },
  };
}
