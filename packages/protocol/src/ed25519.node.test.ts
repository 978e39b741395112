import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as node from './ed25519.node.ts';
import * as web from './ed25519.ts';

const pair = (extractable: boolean) =>
  crypto.subtle.generateKey('Ed25519', extractable, ['sign', 'verify']) as Promise<CryptoKeyPair>;

test.each([true, false])('signs and verifies as WebCrypto does (extractable: %s)', async (extractable) => {
  const { privateKey, publicKey } = await pair(extractable);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.nat(511), async (array, bit) => {
      const message = new Uint8Array(array);
      const signature = await node.signEd25519(privateKey, message);
      expect(signature).toEqual(await web.signEd25519(privateKey, message));
      expect(await node.verifyEd25519(publicKey, signature, message)).toBe(true);
      signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await node.verifyEd25519(publicKey, signature, message)).toBe(false);
    }),
    { numRuns: 40 },
  );
});

test('takes no key of another kind, for another use, or of somebody else', async () => {
  const [mine, other] = [await pair(true), await pair(true)];
  const message = new Uint8Array([1, 2, 3]);
  const signature = await node.signEd25519(mine.privateKey, message);
  expect(await node.verifyEd25519(other.publicKey, signature, message)).toBe(false);
  await expect(node.signEd25519(mine.publicKey, message)).rejects.toThrow();
  await expect(node.verifyEd25519(mine.privateKey, signature, message)).rejects.toThrow();
});

test('is what runs in Node', async () => {
  const { signEd25519 } = await import('#ed25519');
  expect(signEd25519).toBe(node.signEd25519);
});
