import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type Bytes, randomBytes, toHex } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { newId } from './id.ts';
import { importPackageKey, type PackageKey } from './package.ts';
import {
  decodeGenerationName,
  decodeKeysAnswer,
  encodeGenerationName,
  encodeKeysAnswer,
  KEYS_RESULTS,
  type KeysAnswer,
  type KeysResult,
  type KeysStatement,
  MAX_RETIRING,
  signKeys,
  verifyKeys,
} from './rollover.ts';
import { Secret } from './secret.ts';
import { openStatement, STATEMENT_KINDS, type StatementKind, sealStatement } from './statement.ts';

const binding = { tenantId: newId(), agentId: newId() };
const number = fc.integer({ min: 2, max: 0xffff_ffff });
const time = fc.maxSafeNat();
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => new Uint8Array(array));
const keyId = bytes(8).map(toHex);

type Pair = { privateKey: CryptoKey; publicKey: CryptoKey; raw: Bytes };
let [old, next, other]: Pair[] = [];
let packageKey: PackageKey;
beforeAll(async () => {
  [old, next, other] = await Promise.all([1, 2, 3].map(makeIdentity));
  packageKey = await importPackageKey('00112233445566aa', randomBytes(32));
});

async function makeIdentity(): Promise<Pair> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  return { ...pair, raw: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)) };
}

function made(): { old: Pair; next: Pair; other: Pair } {
  if (old === undefined || next === undefined || other === undefined) throw new Error('not made yet');
  return { old, next, other };
}

const statement = fc.record({
  number,
  passwordKey: fc.uint8Array({ minLength: 256, maxLength: 600 }).map((array) => new Uint8Array(array)),
  packageKey: fc.record({ id: keyId, key: bytes(32).map((key) => new Secret(key)) }),
});

test('KEYS reads back as it was signed, and shows no key when printed', async () => {
  const { old: signer, next: signed } = made();
  await fc.assert(
    fc.asyncProperty(statement, async (stated) => {
      const keys: KeysStatement = { ...stated, identityKey: signed.raw };
      const body = await signKeys(keys, binding, { old: signer.privateKey, new: signed.privateKey });
      const read = await verifyKeys(body, binding, signer.publicKey);
      expect(read).toEqual(keys);
      expect(toHex(read.packageKey.key.reveal())).toBe(toHex(keys.packageKey.key.reveal()));
      expect(JSON.stringify(read)).toContain('"key":"[redacted]"');
    }),
    { numRuns: 50 },
  );
});

test('KEYS with any byte changed, another signer, tenant or agent is refused by name', async () => {
  const { old: signer, next: signed, other: stranger } = made();
  const refused = { code: expect.stringMatching(/^ERR_STATEMENT_(MALFORMED|SIGNATURE)$/) as string };
  await fc.assert(
    fc.asyncProperty(statement, fc.nat(), fc.integer({ min: 1, max: 255 }), async (stated, where, flip) => {
      const keys: KeysStatement = { ...stated, identityKey: signed.raw };
      const signers = { old: signer.privateKey, new: signed.privateKey };
      const body = await signKeys(keys, binding, signers);
      const at = where % body.length;
      const changed = body.map((byte, index) => (index === at ? byte ^ flip : byte));
      await expect(verifyKeys(changed, binding, signer.publicKey)).rejects.toMatchObject(refused);
      await expect(verifyKeys(body.slice(0, -1), binding, signer.publicKey)).rejects.toMatchObject(refused);
      await expect(verifyKeys(body, binding, stranger.publicKey)).rejects.toMatchObject(refused);
      const elsewhere = { ...binding, tenantId: newId() };
      await expect(verifyKeys(body, elsewhere, signer.publicKey)).rejects.toMatchObject(refused);
    }),
    { numRuns: 50 },
  );
});

test('names and answers read back as they were written', () => {
  const retiring = fc.record({ number, packageKeyId: keyId, sealableUntil: time, mayGo: fc.boolean() });
  const answer: fc.Arbitrary<KeysAnswer> = fc.record({
    result: fc.constantFrom(...(Object.keys(KEYS_RESULTS) as KeysResult[])),
    current: number,
    now: time,
    retiring: fc.array(retiring, { maxLength: MAX_RETIRING }),
  });
  fc.assert(
    fc.property(answer, number, keyId, (written, which, packageKeyId) => {
      expect(decodeKeysAnswer(encodeKeysAnswer(written))).toEqual(written);
      const name = { number: which, packageKeyId };
      expect(decodeGenerationName(encodeGenerationName(name))).toEqual(name);
    }),
  );
});

test('a statement opens for its tenant alone, and not with a byte changed', async () => {
  const kind = fc.constantFrom(...(Object.keys(STATEMENT_KINDS) as StatementKind[]));
  const body = fc.uint8Array({ maxLength: 700 }).map((array) => new Uint8Array(array));
  const keyOf = (id: string) => (id === packageKey.id ? packageKey : undefined);
  await fc.assert(
    fc.asyncProperty(
      kind,
      body,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (of, content, where, flip) => {
        const written = { kind: of, agentId: binding.agentId, id: newId(), body: content };
        const sealed = await sealStatement(written, binding.tenantId, packageKey);
        const opened = await openStatement(sealed, binding.tenantId, keyOf);
        expect(opened).toEqual({ ...written, packageKeyId: packageKey.id });
        const at = where % sealed.length;
        const changed = sealed.map((byte, index) => (index === at ? byte ^ flip : byte));
        await expect(openStatement(changed, binding.tenantId, keyOf)).rejects.toBeInstanceOf(ProtocolError);
        await expect(openStatement(sealed, newId(), keyOf)).rejects.toMatchObject({
          code: 'ERR_PACKAGE_OPEN',
        });
      },
    ),
  );
});

test('whatever else arrives is refused by name', async () => {
  const { old: signer } = made();
  const junk = fc.uint8Array({ maxLength: 800 });
  await fc.assert(
    fc.asyncProperty(junk, async (arrived) => {
      await expect(openStatement(arrived, binding.tenantId, () => packageKey)).rejects.toBeInstanceOf(
        ProtocolError,
      );
      await expect(verifyKeys(arrived, binding, signer.publicKey)).rejects.toBeInstanceOf(ProtocolError);
      for (const decode of [decodeGenerationName, decodeKeysAnswer]) {
        try {
          decode(arrived);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }
    }),
  );
});
