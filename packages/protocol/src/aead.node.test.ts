import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as node from './aead.node.ts';
import * as web from './aead.ts';
import { type Bytes, randomBytes } from './bytes.ts';

const bytes = (constraints: fc.IntArrayConstraints) =>
  fc.uint8Array(constraints).map((array): Bytes => new Uint8Array(array));

const contents = [bytes({ minLength: 32, maxLength: 32 }), bytes({ minLength: 12, maxLength: 12 })] as const;

test('seals and opens the same bytes as WebCrypto', async () => {
  await fc.assert(
    fc.asyncProperty(
      ...contents,
      bytes({ maxLength: 200 }),
      bytes({ maxLength: 2_000 }),
      async (raw, iv, associated, plain) => {
        const [nodeKey, webKey] = [await node.importAeadKey(raw), await web.importAeadKey(raw)];
        const sealed = await node.sealAead(nodeKey, iv, associated, plain);
        expect(sealed).toEqual(await web.sealAead(webKey, iv, associated, plain));
        expect(await node.openAead(nodeKey, iv, associated, sealed)).toEqual(plain);
        expect(await web.openAead(webKey, iv, associated, sealed)).toEqual(plain);
      },
    ),
  );
});

test('opens nothing of which a bit was changed, that was cut, or under another key', async () => {
  const key = await node.importAeadKey(randomBytes(32));
  const [iv, associated, plain] = [randomBytes(12), randomBytes(20), randomBytes(100)];
  const sealed = await node.sealAead(key, iv, associated, plain);
  await fc.assert(
    fc.asyncProperty(fc.nat(sealed.length * 8 - 1), async (bit) => {
      const altered = new Uint8Array(sealed);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(node.openAead(key, iv, associated, altered)).rejects.toThrow();
    }),
  );
  for (const length of [0, 15, 16, 115])
    await expect(node.openAead(key, iv, associated, sealed.slice(0, length))).rejects.toThrow();
  const other = await node.importAeadKey(randomBytes(32));
  await expect(node.openAead(other, iv, associated, sealed)).rejects.toThrow();
  await expect(node.importAeadKey(randomBytes(16))).rejects.toThrow(TypeError);
});

test('is what runs in Node', async () => {
  const { importAeadKey } = await import('#aead');
  expect(importAeadKey).toBe(node.importAeadKey);
});
