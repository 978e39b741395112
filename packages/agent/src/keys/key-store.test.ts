import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@homeward/protocol/id';
import { open } from '@homeward/protocol/open';
import { Password } from '@homeward/protocol/password';
import { importRecipient, type SealBinding, seal } from '@homeward/protocol/seal';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  destroyKeys,
  hasKeys,
  type KeyGeneration,
  loadKeys,
  makeKeys,
  readPackageKey,
  tidyKeys,
} from './key-store.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('keys that were made open what is sealed to them, also after they are loaded again', async () => {
  await makeKeys(folder);
  const [first, again] = [await loadKeys(folder), await loadKeys(folder)];
  expect(again.password.id).toBe(first.password.id);
  expect(again.identity.publicKey).toEqual(first.identity.publicKey);
  const binding: SealBinding = {
    tenantId: newId(),
    requestId: newId(),
    operation: 'reset',
    flags: 0,
    cloudAnchor: newId(),
    issued: 1,
    expires: 2,
  };
  const inner = await seal({ next: Password.of('Sealed for one use 1') }, binding, [
    await importRecipient(first.password.spki),
  ]);
  const { next } = await open(inner, binding, () => again.password.privateKey);
  expect(next?.reveal()).toBe('Sealed for one use 1');
});

test('the identity key signs what its public half verifies', async () => {
  await makeKeys(folder);
  const { identity } = await loadKeys(folder);
  const data = Uint8Array.of(1, 2, 3);
  const publicKey = await crypto.subtle.importKey('raw', identity.publicKey, 'Ed25519', false, ['verify']);
  const signature = await crypto.subtle.sign('Ed25519', identity.privateKey, data);
  expect(await crypto.subtle.verify('Ed25519', publicKey, signature, data)).toBe(true);
});

test('only their owner may read the files', async () => {
  await makeKeys(folder);
  for (const file of ['identity.pem', 'password.pem', 'package.json']) {
    expect(statSync(join(folder, 'keys/1', file)).mode & 0o777, file).toBe(0o600);
  }
});

test('what was left half-made is made anew', async () => {
  mkdirSync(join(folder, 'keys/1.draft'), { recursive: true });
  writeFileSync(join(folder, 'keys/1.draft/identity.pem'), 'half');
  expect(hasKeys(folder)).toBe(false);
  await makeKeys(folder);
  expect(hasKeys(folder)).toBe(true);
  await expect(loadKeys(folder)).resolves.toBeDefined();
});

test('missing keys are told by name, and no key prints itself', async () => {
  await expect(loadKeys(folder)).rejects.toMatchObject({ code: 'ERR_KEYS_MISSING' });
  await makeKeys(folder);
  const secret = readPackageKey(folder);
  expect(JSON.stringify(secret)).not.toContain(secret.key.reveal());
});

test('each generation opens what was sealed to it, and the oldest signs until another is used', async () => {
  await makeKeys(folder);
  await makeKeys(folder, 2, 1_800_000_000_000);
  const ring = await loadKeys(folder);
  expect(ring.all.map(({ number }) => number)).toEqual([1, 2]);
  const [first, second] = ring.all as [KeyGeneration, KeyGeneration];
  expect(second.madeAt).toBe(1_800_000_000_000);
  expect(ring.byPasswordKeyId(second.password.id)).toBe(second);
  expect(ring.byPackageKeyId(first.package.id)).toBe(first);
  expect(ring.byPackageKeyId('0000000000000000')).toBeUndefined();
  expect(ring.identity).toBe(first.identity);
  ring.use(second);
  expect(ring.package).toBe(second.package);
  ring.drop(1);
  expect(ring.byPasswordKeyId(first.password.id)).toBeUndefined();
  expect(() => ring.drop(2)).toThrow(TypeError);
});

test('a destroyed generation leaves nothing behind, also after a crash in the middle of it', async () => {
  await makeKeys(folder);
  await makeKeys(folder, 2);
  await makeKeys(folder, 3);
  destroyKeys(folder, 1);
  renameSync(join(folder, 'keys/2'), join(folder, 'keys/2.gone'));
  writeFileSync(join(folder, 'keys/2.gone/identity.pem'), '\0\0\0\0');
  rmSync(join(folder, 'keys/2.gone/package.json'));
  mkdirSync(join(folder, 'keys/4.draft'));
  expect((await loadKeys(folder)).all.map(({ number }) => number)).toEqual([3]);
  tidyKeys(folder);
  expect(readdirSync(join(folder, 'keys'))).toEqual(['3']);
  destroyKeys(folder, 2);
  expect((await loadKeys(folder)).current.number).toBe(3);
});

test('a file is overwritten before its name is removed', async () => {
  await makeKeys(folder);
  linkSync(join(folder, 'keys/1/password.pem'), join(folder, 'still-linked'));
  const { size } = statSync(join(folder, 'still-linked'));
  destroyKeys(folder, 1);
  expect(readFileSync(join(folder, 'still-linked'))).toEqual(Buffer.alloc(size));
});
