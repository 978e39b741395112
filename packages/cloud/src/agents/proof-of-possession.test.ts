import { beforeEach, expect, test } from 'vitest';
import { seenOnce } from './agent-assertion.ts';
import { type ProvenRequest, provenCaller } from './proof-of-possession.ts';
import { newProver, type Prover, proofOf, unsignedCredential } from './prover.fixture.ts';

const url = 'https://reset.example.com/scim/v2/Bulk';
const NOW = Date.UTC(2026, 10, 21, 12);
const clock = { now: NOW };

let agent: Prover;
let other: Prover;
let credential: string;
let deps: Parameters<typeof provenCaller>[0];
beforeEach(async () => {
  [agent, other] = [await newProver(), await newProver()];
  credential = unsignedCredential(agent, 'agent');
  clock.now = NOW;
  deps = { clock: () => clock.now, wasSeen: seenOnce(() => clock.now) };
});

const known = async (text: string) => (text === credential ? 'agent' : undefined);
const ask = (request: Partial<ProvenRequest>) =>
  provenCaller(
    deps,
    { authorization: `DPoP ${credential}`, proof: undefined, method: 'POST', url, ...request },
    known,
  );

type Changes = Parameters<typeof proofOf>[2];
const proof = (changes?: Changes, by = agent) =>
  proofOf(by, { credential, method: 'POST', url, now: NOW }, changes);
const claims = (changed: Record<string, unknown>) => proof({ claims: changed });
const seconds = NOW / 1_000;
const badProof = (words: string) => ({
  ...{ kind: 'refused', error: 'invalid_dpop_proof', description: expect.stringContaining(words) },
  challenge: 'DPoP error="invalid_dpop_proof", algs="EdDSA"',
});

test('a request that its agent signed is taken, each once', async () => {
  const first = await proof();
  expect(await ask({ proof: first })).toEqual({ kind: 'proven', caller: 'agent' });
  expect(await ask({ proof: first })).toMatchObject(badProof('used before'));
  expect(await ask({ proof: await proof() })).toEqual({ kind: 'proven', caller: 'agent' });
});

test('one that was shown is not taken again for as long as its time would do', async () => {
  const ahead = await claims({ iat: seconds + 60 });
  expect(await ask({ proof: ahead })).toMatchObject({ kind: 'proven' });
  clock.now = NOW + 120_000;
  await ask({ proof: await claims({ iat: seconds + 120 }) });
  expect(await ask({ proof: ahead })).toMatchObject(badProof('used before'));
  clock.now += 1_000;
  expect(await ask({ proof: ahead })).toMatchObject(badProof('older than a minute'));
});

test('a credential that was copied without its key opens nothing', async () => {
  expect(await ask({})).toMatchObject(badProof('the header DPoP is missing'));
  expect(await ask({ proof: await proof({}, other) })).toMatchObject(badProof('not signed by the key'));
  const pretending = await proof({ header: { jwk: agent.jwk } }, other);
  expect(await ask({ proof: pretending })).toMatchObject(badProof('not signed by the key'));
});

test('a credential in the scheme Bearer is refused, with the word for what is asked', async () => {
  const answer = await ask({ authorization: `Bearer ${credential}`, proof: await proof() });
  expect(answer).toMatchObject({
    ...{ kind: 'refused', error: 'invalid_token', description: expect.stringContaining('Update the agent') },
    challenge: 'DPoP error="invalid_token", algs="EdDSA"',
  });
  for (const authorization of [undefined, '', 'Basic abc', 'DPoP', `DPoP ${credential}, DPoP ${credential}`])
    expect(await ask({ authorization, proof: await proof() })).toMatchObject({ error: 'invalid_token' });
});

test('who is not known, or whose credential names no key, is refused whatever they prove', async () => {
  const unknown = unsignedCredential(agent, 'somebody');
  const proven = await proofOf(agent, { credential: unknown, method: 'POST', url, now: NOW });
  expect(await ask({ authorization: `DPoP ${unknown}`, proof: proven })).toMatchObject({
    error: 'invalid_token',
  });
  credential = `${['{"alg":"none"}', '{"sub":"agent"}', ''].map((text) => Buffer.from(text).toString('base64url')).join('.')}x`;
  expect(await ask({ proof: await proof() })).toMatchObject({ error: 'invalid_token' });
});

test.each<[string, () => Promise<string>, string]>([
  ['another method', () => claims({ htm: 'GET' }), 'another method'],
  ['another path', () => claims({ htu: `${url}x` }), 'another address'],
  ['another host', () => claims({ htu: url.replace('reset', 'other') }), 'https://reset.example.com'],
  ['no address', () => claims({ htu: 'Bulk' }), 'another address'],
  ['another credential', () => claims({ ath: 'x'.repeat(43) }), 'another credential'],
  ['no credential', () => claims({ ath: undefined }), 'another credential'],
  ['a minute ago', () => claims({ iat: seconds - 61 }), 'older than a minute'],
  ['a minute ahead', () => claims({ iat: seconds + 61 }), 'older than a minute'],
  ['no time', () => claims({ iat: undefined }), 'older than a minute'],
  ['no id', () => claims({ jti: undefined }), 'no usable jti'],
  ['an endless id', () => claims({ jti: 'x'.repeat(129) }), 'no usable jti'],
  ['another kind of token', () => proof({ header: { typ: 'JWT' } }), 'The proof is none'],
  ['no key', () => proof({ header: { jwk: undefined } }), 'The proof is none'],
  ['a private key', () => proof({ header: { jwk: { ...agent.jwk, d: 'x' } } }), 'The proof is none'],
  ['another algorithm', () => proof({ header: { alg: 'Ed25519' } }), 'The proof is none'],
  ['no JWT', async () => 'proof', 'The proof is none'],
  ['two', async () => `${await proof()}, ${await proof()}`, 'The proof is none'],
])('a proof for %s is refused', async (_, made, words) => {
  expect(await ask({ proof: await made() })).toMatchObject(badProof(words));
});

test('the address counts as RFC 3986 compares it', async () => {
  const htu = 'HTTPS://Reset.Example.com:443/scim/v2/Bulk';
  expect(await ask({ proof: await claims({ htu }) })).toMatchObject({ kind: 'proven' });
});
