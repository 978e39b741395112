import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@homeward/protocol/id';
import { associatedData, passwordKeyId, type SealBinding } from '@homeward/protocol/inner-envelope';
import { Password } from '@homeward/protocol/password';
import { importRecipient, seal } from '@homeward/protocol/seal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contentKeyOf, findKeys, passwordKeysOf, triedAsContentKeys } from './opening-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'homeward-keys-'));
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
const now = 1_795_219_200_000;
const binding: SealBinding = {
  ...{ tenantId: newId(), requestId: newId(), operation: 'reset', flags: 0, cloudAnchor: newId() },
  ...{ issued: now, expires: now + 120_000 },
};
let inner: Buffer;

beforeAll(async () => {
  mkdirSync(join(folder, 'keys/1'), { recursive: true });
  writeFileSync(join(folder, 'keys/1/password.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }));
  inner = Buffer.from(await seal({ next: Password.of('abc') }, binding, [await importRecipient(spki)]));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

test('a content key is found again, and opens its envelope wherever it lies in memory', async () => {
  const key = contentKeyOf(inner, passwordKeysOf(folder));
  const bound = associatedData(inner.subarray(0, 4), binding, [await passwordKeyId(spki)]);
  const memory = Buffer.concat([Buffer.alloc(101, 7), key, Buffer.alloc(50)]);
  expect(triedAsContentKeys(memory, inner, bound)).toBe(1);
  expect(triedAsContentKeys(Buffer.alloc(200, 7), inner, bound)).toBe(0);
  const known = [{ name: 'the content key', bytes: key }];
  expect(findKeys(memory, known)).toEqual(['the content key']);
  expect(findKeys(Buffer.alloc(200, 7), known)).toEqual([]);
});

test('a prime is found as it is written, as OpenSSL keeps it, and when only a piece is left', () => {
  const [keys] = passwordKeysOf(folder);
  const p = keys?.parts[0]?.bytes ?? Buffer.alloc(0);
  expect(p).toHaveLength(128);
  const texts = [p.toString('hex'), p.toString('base64url')].map((text) => Buffer.from(text));
  for (const form of [p, Buffer.from(p).reverse(), p.subarray(60, 128), ...texts]) {
    const memory = Buffer.concat([Buffer.alloc(33, 1), form, Buffer.alloc(9, 2)]);
    expect(findKeys(memory, keys?.parts ?? [])).toEqual(['RSA p of generation 1']);
  }
});

test('an envelope that is sealed to others gives no key', () => {
  const other = inner.map((byte, at) => (at >= 12 && at < 268 ? byte ^ 1 : byte));
  expect(() => contentKeyOf(Buffer.from(other), passwordKeysOf(folder))).toThrow('none of these keys');
});
