import { createHash } from 'node:crypto';
import { toBase64url } from '@homeward/protocol/bytes';
import { Secret } from '@homeward/protocol/secret';
import { decodeProtectedHeader, jwtVerify, UnsecuredJWT } from 'jose';
import { expect, test } from 'vitest';
import { provenRequests } from './proven-requests.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const URL_OF_USERS = 'https://reset.example.com/scim/v2/Users';

async function newGeneration() {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const x = toBase64url(publicKey);
  return {
    ...{ identity: { privateKey: pair.privateKey, publicKey }, jwk: { kty: 'OKP', crv: 'Ed25519', x } },
    credential: new UnsecuredJWT({ cnf: { jwk: { x } } }).encode(),
    verifier: pair.publicKey,
  };
}

/** An agent that gets one credential after the other, the last again and again. */
function agentWith(credentials: string[], all: Awaited<ReturnType<typeof newGeneration>>[]) {
  let at = 0;
  const credential = {
    get: async () => new Secret(credentials[Math.min(at, credentials.length - 1)] ?? ''),
    discard: () => void at++,
  };
  return { ...provenRequests(credential, { keys: { all }, now: () => NOW }), discarded: () => at };
}

test('a proof is for one method, address and credential, and each has an id of its own', async () => {
  const only = await newGeneration();
  const { authorize } = agentWith([only.credential], [only]);
  const asked = await authorize('GET', `${URL_OF_USERS}?cursor=abc#top`);
  expect(asked['authorization']).toBe(`DPoP ${only.credential}`);
  const { payload, protectedHeader } = await jwtVerify(asked['dpop'] ?? '', only.verifier);
  expect(protectedHeader).toEqual({ typ: 'dpop+jwt', alg: 'EdDSA', jwk: only.jwk });
  expect(payload).toEqual({
    ...{ htm: 'GET', htu: URL_OF_USERS, iat: NOW / 1_000, jti: expect.any(String) },
    ath: createHash('sha256').update(only.credential).digest('base64url'),
  });
  const again = await jwtVerify((await authorize('GET', URL_OF_USERS))['dpop'] ?? '', only.verifier);
  expect(again.payload.jti).not.toBe(payload.jti);
});

test('the generation that the credential names signs, whichever is the current one', async () => {
  const [old, current] = [await newGeneration(), await newGeneration()];
  for (const { credential, jwk } of [old, current]) {
    const asked = await agentWith([credential], [old, current]).authorize('GET', URL_OF_USERS);
    expect(decodeProtectedHeader(asked['dpop'] ?? '').jwk).toEqual(jwk);
  }
});

test('a credential of a generation that was destroyed meanwhile is got anew, once', async () => {
  const [gone, current] = [await newGeneration(), await newGeneration()];
  const late = agentWith([gone.credential, current.credential], [current]);
  expect((await late.authorize('GET', URL_OF_USERS))['authorization']).toBe(`DPoP ${current.credential}`);
  expect(late.discarded()).toBe(1);
  for (const useless of [gone.credential, 'no JWT']) {
    const never = agentWith([useless], [current]);
    await expect(never.authorize('GET', URL_OF_USERS)).rejects.toMatchObject({
      code: 'ERR_CREDENTIAL_REFUSED',
    });
    expect(never.discarded()).toBe(1);
  }
});
