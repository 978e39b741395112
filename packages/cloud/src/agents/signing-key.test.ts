import { decodeProtectedHeader, SignJWT } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openAgents } from './agents.ts';
import { type AgentsSide, type Machine, newMachine, startAgentsSide } from './enrolling-machine.fixture.ts';
import { proofOf, proverOf } from './prover.fixture.ts';
import { openSigningKeys, type SigningKeys } from './signing-key.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let side: AgentsSide;
let machine: Machine;
let agentId: string;
let madeAt: number;

beforeEach(async () => {
  side = await startAgentsSide();
  madeAt = side.clock.now;
  machine = await newMachine(side, 'dc-agent-1');
  agentId = String((await machine.enrolByToken()).body['agentId']);
});
afterEach(() => side[Symbol.asyncDispose]());

const rows = () => side.database.selectFrom('signingKey').selectAll().orderBy('createdAt').execute();

const audited = async () =>
  side.database
    .selectFrom('audit')
    .select(['result', 'detail', 'at'])
    .where('activity', '=', 'rollSigningKey')
    .orderBy('at')
    .execute();

async function credential(scope: string): Promise<string> {
  const { status, body } = await machine.credential(agentId, scope);
  expect(status).toBe(200);
  return String(body['access_token']);
}

const kidOf = (token: string) => decodeProtectedHeader(token).kid;

/** What the relay, provisioning and the events' route say to a credential of their scope. */
async function takenBy(token: Record<'relay' | 'scim' | 'events', string>) {
  const socket = new WebSocket(`${side.url.replace('http', 'ws')}/relay`, {
    headers: { authorization: `Bearer ${token.relay}` },
  });
  const relay = await new Promise<boolean>((resolve) => {
    socket.once('open', () => resolve(true));
    socket.once('unexpected-response', () => resolve(false));
    socket.once('error', () => {});
  });
  socket.terminate();
  const told = await fetch(`${side.url}/agents/events`, {
    method: 'POST',
    headers: {
      authorization: `DPoP ${token.events}`,
      dpop: await proofOf(await proverOf(machine.identity), {
        ...{ credential: token.events, method: 'POST', url: `${side.url}/agents/events` },
        now: side.clock.now,
      }),
    },
    body: '{}',
  });
  const scim = (await side.agents.tokens.verify(token.scim)) !== undefined;
  return { relay, scim, events: told.status !== 401 };
}

const credentials = async () => ({
  relay: await credential('relay'),
  scim: await credential('scim'),
  events: await credential('events'),
});

const EVERYWHERE = { relay: true, scim: true, events: true };
const NOWHERE = { relay: false, scim: false, events: false };

async function withKeys(work: (keys: SigningKeys) => Promise<void>): Promise<void> {
  const { database, secrets, tenant, clock } = side;
  const log = { info: () => {}, warn: () => {} };
  const keys = await openSigningKeys({ database, secrets, tenant, clock: () => clock.now, log });
  await work(keys).finally(() => keys.stop());
}

test('a key signs for 90 days, then another one; what either signed is taken everywhere', async () => {
  side.clock.now = madeAt + 90 * DAY - MINUTE;
  const before = await credentials();
  side.clock.now += 2 * MINUTE;
  const after = await credentials();
  expect(kidOf(after.relay)).not.toBe(kidOf(before.relay));
  expect(await takenBy(before)).toEqual(EVERYWHERE);
  expect(await takenBy(after)).toEqual(EVERYWHERE);
  expect(await audited()).toEqual([{ result: 'success', detail: kidOf(after.relay), at: side.clock.now }]);
});

test('however many ask at once, one key is made', async () => {
  side.clock.now = madeAt + 91 * DAY;
  const tokens = await Promise.all(Array.from({ length: 8 }, () => credential('relay')));
  expect(new Set(tokens.map(kidOf)).size).toBe(1);
  expect(await rows()).toHaveLength(2);
});

test('who took an old private key can sign with it for a day, and not longer', async () => {
  const [old] = await rows();
  if (old === undefined) throw new Error('there is no key');
  const pkcs8 = new Uint8Array(side.secrets.unseal('signing-key', old.id, old.privateKeySealed));
  const stolen = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
  const forge = (audience: string) => {
    const seconds = Math.floor(side.clock.now / 1_000);
    return new SignJWT({
      tid: side.tenant.id,
      forests: [],
      cnf: { jwk: { kty: 'OKP', crv: 'Ed25519', x: machine.identityKey } },
    })
      .setProtectedHeader({ alg: 'EdDSA', kid: old.id })
      .setIssuer(side.url)
      .setAudience(audience)
      .setSubject(agentId)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + 900)
      .sign(stolen);
  };
  const forged = async () => ({
    relay: await forge(side.url.replace('http', 'ws')),
    scim: await forge(`${side.url}/scim/v2`),
    events: await forge(`${side.url}/agents/events`),
  });
  side.clock.now = madeAt + 90 * DAY;
  await credential('relay');
  side.clock.now += DAY - 1;
  expect(await takenBy(await forged())).toEqual(EVERYWHERE);
  side.clock.now += 1;
  expect(await takenBy(await forged())).toEqual(NOWHERE);
});

test('the old private key is destroyed when the last credential of it is over, the rest a day after', async () => {
  side.clock.now = madeAt + 90 * DAY;
  const [old] = await rows();
  await withKeys(async (keys) => {
    const [, next] = await rows();
    expect((await keys.current()).id).toBe(next?.id);
    side.clock.now += 15 * MINUTE - 1;
    await keys.rotate();
    expect((await rows())[0]?.privateKeySealed).not.toBe('');
    side.clock.now += 1;
    await keys.rotate();
    expect(await rows()).toEqual([{ ...old, privateKeySealed: '' }, next]);
    expect(keys.publicKeyOf(old?.id ?? '')).toBeDefined();
    side.clock.now = madeAt + 91 * DAY;
    expect(keys.publicKeyOf(old?.id ?? '')).toBeUndefined();
    await keys.rotate();
    expect(await rows()).toEqual([next]);
    expect(await audited()).toMatchObject([
      { result: 'success', detail: next?.id },
      { result: 'keyDestroyed', detail: old?.id },
    ]);
  });
});

test('a cloud that was off when it was due destroys the old key at its start, and says so', async () => {
  side.clock.now = madeAt + 90 * DAY;
  await withKeys(async () => {});
  side.clock.now = madeAt + 400 * DAY;
  await withKeys(async (keys) => {
    const kept = await rows();
    expect(kept.map(({ createdAt }) => createdAt)).toEqual([madeAt + 90 * DAY, side.clock.now]);
    expect(kept[1]?.id).toBe((await keys.current()).id);
  });
  expect((await audited()).map(({ result }) => result).toSorted()).toEqual([
    'keyDestroyed',
    'success',
    'success',
  ]);
});

test('the key outlives a restart of the cloud', async () => {
  const before = await credential('scim');
  const { database, secrets, tenant, clock, url, asynchronousCommit, flushed } = side;
  const again = await openAgents({
    ...{ database, asynchronousCommit, flushed, secrets, tenant, publicUrl: url, patience: 400 },
    clock: () => clock.now,
    log: { info: () => {}, warn: () => {} },
  });
  expect(await again.tokens.verify(before)).toMatchObject({ agentId });
  await again.stop();
  expect(await rows()).toHaveLength(1);
  expect(await audited()).toEqual([]);
});
