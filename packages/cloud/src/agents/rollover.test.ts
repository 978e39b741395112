import { type Bytes, randomBytes, toBase64url, toHex } from '@homeward/protocol/bytes';
import { newId } from '@homeward/protocol/id';
import { importPackageKey, type PackageKey } from '@homeward/protocol/package';
import {
  decodeKeysAnswer,
  encodeGenerationName,
  type KeysAnswer,
  MAX_RETIRING,
  signKeys,
} from '@homeward/protocol/rollover';
import { Secret } from '@homeward/protocol/secret';
import { openStatement, type StatementKind, sealStatement } from '@homeward/protocol/statement';
import type { Hono } from 'hono';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts';
import { AgentRegistry } from './agent-registry.ts';
import { rolloverRoutes } from './rollover-routes.ts';
import { SEALABLE_FOR } from './rollover-store.ts';

const tenant = { id: newId() };
const agentId = newId();
const minute = 60_000;

type Generation = Awaited<ReturnType<typeof makeGeneration>>;

let now: number;
let store: TestDatabase;
let registry: AgentRegistry;
let routes: Hono;
let first: Generation;

beforeEach(async () => {
  now = 1_800_000_000_000;
  store = await openTestDatabase();
  const { database, secrets } = store;
  registry = new AgentRegistry({ database, secrets });
  routes = rolloverRoutes({ database, secrets, registry, tenant, clock: () => now, log: { info: () => {} } });
  first = await makeGeneration(1);
  const { identityKey, passwordKey, packageKey } = first;
  await database
    .insertInto('agent')
    .values({
      id: agentId,
      tenantId: tenant.id,
      name: 'dc-agent-1',
      identityKey: toBase64url(identityKey),
      passwordKey: toBase64url(passwordKey),
      packageKeyId: packageKey.id,
      packageKeySealed: secrets.seal('package-key', agentId, first.rawPackageKey),
      forests: '[]',
      status: 'active',
      enrolledAt: now,
    })
    .execute();
  await registry.refresh();
});
afterEach(() => store[Symbol.asyncDispose]());

async function makeGeneration(number: number) {
  const rsa = {
    ...{ name: 'RSA-OAEP', hash: 'SHA-256', modulusLength: 2_048 },
    publicExponent: Uint8Array.of(1, 0, 1),
  };
  const identity = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const password = await crypto.subtle.generateKey(rsa, true, ['encrypt', 'decrypt']);
  const rawPackageKey = randomBytes(32);
  return {
    number,
    identity,
    identityKey: new Uint8Array(await crypto.subtle.exportKey('raw', identity.publicKey)),
    passwordKey: new Uint8Array(await crypto.subtle.exportKey('spki', password.publicKey)),
    rawPackageKey,
    packageKey: await importPackageKey(toHex(randomBytes(8)), rawPackageKey),
  };
}

async function state(path: string, kind: StatementKind, body: Bytes, under: PackageKey) {
  const id = newId();
  const sent = await sealStatement({ kind, agentId, id, body }, tenant.id, under);
  const response = await routes.request(path, { method: 'POST', body: sent });
  if (response.status !== 200) return { status: response.status, ...((await response.json()) as object) };
  const answered = await openStatement(new Uint8Array(await response.arrayBuffer()), tenant.id, () => under);
  expect(answered).toMatchObject({ kind: 'answer', id, agentId });
  return decodeKeysAnswer(answered.body);
}

async function announce(next: Generation, from: Generation): Promise<KeysAnswer | { status: number }> {
  const { number, identityKey, passwordKey, packageKey, rawPackageKey } = next;
  const key = { id: packageKey.id, key: new Secret(rawPackageKey) };
  const signers = { old: from.identity.privateKey, new: next.identity.privateKey };
  const keys = { number, identityKey, passwordKey, packageKey: key };
  const body = await signKeys(keys, { tenantId: tenant.id, agentId }, signers);
  return state('/', 'keys', body, from.packageKey);
}

const nameOf = ({ number, packageKey }: Generation) =>
  encodeGenerationName({ number, packageKeyId: packageKey.id });
const ready = (next: Generation) => state('/ready', 'ready', nameOf(next), next.packageKey);
const retired = (gone: Generation, under: Generation) =>
  state('/retired', 'retired', nameOf(gone), under.packageKey);

async function openRequest(issuedAt: number) {
  const id = newId();
  const ids = { id, tenantId: tenant.id, flowId: newId(), personId: newId(), agentId };
  await store.database
    .insertInto('request')
    .values({ ...ids, operation: 'reset', state: 'granted', sealedDigest: '', issuedAt, expiresAt: issuedAt })
    .execute();
  return async () => {
    await store.database.updateTable('request').set({ state: 'settled' }).where('id', '=', id).execute();
  };
}

test('a generation is pending, then current, and the one before goes when nothing can name it', async () => {
  const second = await makeGeneration(2);
  expect(await announce(second, first)).toEqual({ result: 'taken', current: 1, now, retiring: [] });
  expect(registry.get(agentId)?.current.number).toBe(1);
  const sealableUntil = now + SEALABLE_FOR;
  const name = { number: 1, packageKeyId: first.packageKey.id };
  const switched = { result: 'taken', current: 2, retiring: [{ ...name, sealableUntil, mayGo: false }] };
  expect(await ready(second)).toEqual({ ...switched, now });
  expect(registry.get(agentId)?.current).toMatchObject({
    number: 2,
    packageKey: { id: second.packageKey.id },
  });
  expect(registry.get(agentId)?.generations.map(({ number, state: is }) => [number, is])).toEqual([
    [2, 'current'],
    [1, 'retiring'],
  ]);
  now = sealableUntil + minute + 1;
  expect(await ready(second)).toMatchObject({ retiring: [{ number: 1, mayGo: true }] });
  expect(await retired(first, second)).toMatchObject({ current: 2, retiring: [] });
  expect(await ready(first)).toEqual({ status: 401, error: 'ERR_PACKAGE_KEY' });
  const kept = JSON.stringify(await store.database.selectFrom('agentKey').selectAll().execute());
  expect(kept).toBe('[]');
});

test('each statement may come again, after a lost answer, and is answered as before', async () => {
  const second = await makeGeneration(2);
  const told = await announce(second, first);
  expect(await announce(second, first)).toEqual(told);
  const switched = await ready(second);
  expect(await ready(second)).toEqual(switched);
  expect(await announce(second, first)).toEqual(switched);
  expect(await retired(first, second)).toEqual({ ...switched, retiring: [] });
  expect(await retired(first, second)).toEqual({ ...switched, retiring: [] });
});

test('a request without its end keeps the generation that it may be sealed to', async () => {
  const settle = await openRequest(now);
  const second = await makeGeneration(2);
  await announce(second, first);
  await ready(second);
  now += SEALABLE_FOR + 2 * minute;
  await openRequest(now);
  expect(await ready(second)).toMatchObject({ retiring: [{ mayGo: false }] });
  await settle();
  expect(await ready(second)).toMatchObject({ retiring: [{ mayGo: true }] });
});

test('keys that were announced and never used are replaced; a number in use is not', async () => {
  const [second, again] = [await makeGeneration(2), await makeGeneration(2)];
  await announce(second, first);
  expect(await announce(again, first)).toMatchObject({ result: 'taken' });
  expect(await ready(second)).toEqual({ status: 401, error: 'ERR_PACKAGE_KEY' });
  expect(await ready(again)).toMatchObject({ result: 'taken', current: 2 });
  expect(await announce(second, first)).toMatchObject({ result: 'conflict', current: 2 });
});

test('keys that the agent’s identity did not sign, or that nobody may use yet, change nothing', async () => {
  const [second, third] = [await makeGeneration(2), await makeGeneration(3)];
  const forged = await announce(second, { ...first, identity: third.identity });
  expect(forged).toEqual({ status: 400, error: 'ERR_STATEMENT_SIGNATURE' });
  await announce(second, first);
  expect(await announce(third, second)).toMatchObject({ result: 'conflict', current: 1 });
  const wrongDoor = await state('/ready', 'retired', nameOf(second), first.packageKey);
  expect(wrongDoor).toEqual({ status: 400, error: 'ERR_STATEMENT_MALFORMED' });
  expect(await state('/ready', 'ready', nameOf(second), first.packageKey)).toMatchObject({
    result: 'conflict',
  });
  expect(await retired(first, second)).toMatchObject({ result: 'conflict', current: 1 });
});

test('an agent that rolls faster than keys can go is asked to wait', async () => {
  let from = first;
  for (let number = 2; number <= MAX_RETIRING + 1; number++) {
    const next = await makeGeneration(number);
    expect(await announce(next, from)).toMatchObject({ result: 'taken' });
    await ready(next);
    from = next;
  }
  expect(await announce(await makeGeneration(20), from)).toMatchObject({ result: 'tooMany' });
});
