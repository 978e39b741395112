import { newId } from '@homeward/protocol/id';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts';
import { seenOnce } from './agent-assertion.ts';
import { keepAgentEvents, listAgentEvents, type ToldEvents } from './agent-events.ts';
import { agentEventsRoutes } from './agent-events-routes.ts';
import type { Agent } from './agent-registry.ts';
import { newProver, type Prover, proofOf } from './prover.fixture.ts';
import { openSigningKeys, type SigningKeys } from './signing-key.ts';

const issuer = 'https://reset.example.com';
const NOW = Date.UTC(2026, 10, 21, 12);
const [agentId, tenantId] = [newId(), newId()];

let opened: TestDatabase;
let signingKeys: SigningKeys;
let prover: Prover;
beforeEach(async () => {
  prover = await newProver();
  opened = await openTestDatabase();
  const log = { info: () => {}, warn: () => {} };
  signingKeys = await openSigningKeys({ ...opened, tenant: { id: tenantId }, clock: () => NOW, log });
});
afterEach(async () => {
  signingKeys.stop();
  await opened[Symbol.asyncDispose]();
});

const told = (time: number, more: object = {}): ToldEvents[number] => ({
  ...{ id: newId(), time, event: 31002, level: 'info', ...more },
});
const times = async (of = agentId) =>
  (await listAgentEvents(opened.database, { tenantId, agentId: of, limit: 1_000 })).map(({ time }) => time);

test('a repeat is dropped, and another agent’s event with the same id is its own', async () => {
  const { database } = opened;
  const [first, second] = [told(1), told(2)];
  const other = newId();
  await keepAgentEvents(database, { agentId, tenantId, now: NOW }, [first]);
  await keepAgentEvents(database, { agentId, tenantId, now: NOW }, [first, second]);
  await keepAgentEvents(database, { agentId: other, tenantId, now: NOW }, [first]);
  expect(await times()).toEqual([2, 1]);
  expect(await times(other)).toEqual([1]);
  expect(await listAgentEvents(database, { tenantId: newId(), limit: 10 })).toEqual([]);
});

test('of each agent the newest stay, however many it tells', async () => {
  const { database } = opened;
  const other = newId();
  await keepAgentEvents(database, { agentId: other, tenantId, now: NOW, keep: 3 }, [told(0)]);
  for (const start of [1, 3, 5])
    await keepAgentEvents(database, { agentId, tenantId, now: NOW, keep: 3 }, [told(start), told(start + 1)]);
  await keepAgentEvents(database, { agentId, tenantId, now: NOW, keep: 3 }, [told(2)]);
  expect(await times()).toEqual([6, 5, 4]);
  expect(await times(other)).toEqual([0]);
});

async function tokenFor(audience: string, subject = agentId): Promise<string> {
  const signingKey = await signingKeys.current();
  return new SignJWT({ cnf: { jwk: prover.jwk } })
    .setProtectedHeader({ alg: 'EdDSA', kid: signingKey.id })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(subject)
    .setIssuedAt(NOW / 1_000)
    .setExpirationTime(NOW / 1_000 + 900)
    .sign(signingKey.privateKey);
}

async function post(
  body: unknown,
  credential: string,
  by = prover,
): Promise<{ status: number; answer: Record<string, unknown> }> {
  const registry = { get: (id: string) => (id === agentId ? ({ id, tenantId } as Agent) : undefined) };
  const once = { clock: () => NOW, wasSeen: seenOnce(() => NOW) };
  const app = agentEventsRoutes({ ...opened, ...once, registry, signingKeys, issuer });
  const proven = { credential, method: 'POST', url: `${issuer}/agents/events`, now: NOW };
  const response = await app.request('/', {
    method: 'POST',
    headers: { authorization: `DPoP ${credential}`, dpop: await proofOf(by, proven) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, answer: text.startsWith('{') ? JSON.parse(text) : {} };
}

test('an agent tells its events with a credential of that scope, and no other', async () => {
  const events = [told(NOW, { person: newId(), outcome: 'applied', versionBefore: 7, surplus: 'left out' })];
  const audience = `${issuer}/agents/events`;
  for (const wrong of ['', await tokenFor(`${issuer}/scim/v2`), await tokenFor(audience, newId())])
    expect((await post({ events }, wrong)).status).toBe(401);
  const copied = await post({ events }, await tokenFor(audience), await newProver());
  expect(copied).toMatchObject({ status: 401, answer: { error: 'invalid_dpop_proof' } });
  expect(await post({ events }, await tokenFor(audience))).toEqual({ status: 200, answer: { kept: 1 } });
  const [row] = await listAgentEvents(opened.database, { tenantId, limit: 10 });
  expect(row).toMatchObject({
    agentId,
    person: events[0]?.person,
    outcome: 'applied',
    versionBefore: 7,
    code: null,
  });
});

test.each([
  ['no JSON', '{', 400],
  ['no events', { events: [] }, 400],
  ['too many', { events: Array.from({ length: 201 }, () => told(1)) }, 400],
  ['a name in place of an id', { events: [told(1, { person: 'ada@example.com' })] }, 400],
  ['a level that there is not', { events: [told(1, { level: 'fatal' })] }, 400],
  ['a long text', { events: [told(1, { forest: 'x'.repeat(301) })] }, 400],
  ['too much', { events: [], more: 'x'.repeat(300_000) }, 413],
])('%s is refused, and nothing of it is kept', async (_, body, status) => {
  expect((await post(body, await tokenFor(`${issuer}/agents/events`))).status).toBe(status);
  expect(await times()).toEqual([]);
});
