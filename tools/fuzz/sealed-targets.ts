/** Readers behind a key: packages, signed replies and envelopes. Most inputs fail before RSA; a share goes through it. */
import { concat, randomBytes, toHex, viewOf } from '@homeward/protocol/bytes';
import { ProtocolError } from '@homeward/protocol/errors';
import { FRAME_TYPES, type FrameType } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import { associatedData, BUCKETS, RECIPIENT_SIZE } from '@homeward/protocol/inner-envelope';
import { open } from '@homeward/protocol/open';
import { importPackageKey, pack, unpack } from '@homeward/protocol/package';
import { Password } from '@homeward/protocol/password';
import { signReply, verifyReply } from '@homeward/protocol/reply';
import { importRecipient, type SealBinding, seal } from '@homeward/protocol/seal';
import type { FuzzTarget, Verdict } from './fuzz-target.ts';
import { mutated } from './mutate-bytes.ts';
import type { RandomSource } from './random-source.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const RSA = {
  name: 'RSA-OAEP',
  hash: 'SHA-256',
  modulusLength: 2_048,
  publicExponent: Uint8Array.of(1, 0, 1),
};
const PACKAGE = ['ERR_PACKAGE_VERSION', 'ERR_PACKAGE_SUITE', 'ERR_PACKAGE_KEY', 'ERR_PACKAGE_OPEN'];
const FRAME = ['ERR_FRAME_SIZE', 'ERR_FRAME_VERSION', 'ERR_FRAME_TYPE', 'ERR_FRAME_TIME'];

export async function sealedTargets(): Promise<readonly FuzzTarget[]> {
  const tenantId = newId();
  return [await packages(tenantId), await replies(tenantId), ...(await envelopes(tenantId))];
}

async function packages(tenantId: string): Promise<FuzzTarget> {
  const key = await importPackageKey('00112233aabbccdd', randomBytes(32));
  const corpus = await Promise.all(
    (Object.keys(FRAME_TYPES) as FrameType[]).map((type) => {
      const header = { type, agentId: newId(), requestId: newId(), expires: Date.now() };
      return pack({ header, body: randomBytes(type === 'request' ? 620 : 19) }, tenantId, key);
    }),
  );
  const keyOf = (id: string) => (id === key.id ? key : undefined);
  return {
    ...{ name: 'unpack', share: 0.12, refusals: new Set([...FRAME, ...PACKAGE]), atOnce: 64 },
    next(random) {
      const bytes = mutated(random, corpus);
      return { shown: () => toHex(bytes), offer: () => named(() => unpack(bytes, tenantId, keyOf)) };
    },
  };
}

async function replies(tenantId: string): Promise<FuzzTarget> {
  const keys = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
  const binding = { tenantId, agentId: newId(), requestId: newId(), sealedDigest: randomBytes(32) };
  const reply = await signReply({ outcome: { kind: 'applied' }, event: 31_002 }, binding, keys.privateKey);
  return {
    ...{ name: 'verifyReply', share: 0.02, atOnce: 64 },
    refusals: new Set(['ERR_REPLY_MALFORMED', 'ERR_REPLY_SIGNATURE']),
    next(random) {
      const bytes = mutated(random, [reply]);
      return {
        shown: () => toHex(bytes),
        offer: () => named(() => verifyReply(bytes, binding, keys.publicKey)),
      };
    },
  };
}

async function envelopes(tenantId: string): Promise<FuzzTarget[]> {
  const pairs = await Promise.all(
    [1, 2].map(() => crypto.subtle.generateKey(RSA, true, ['encrypt', 'decrypt'])),
  );
  const recipients = await Promise.all(
    pairs.map(async ({ publicKey }) =>
      importRecipient(new Uint8Array(await crypto.subtle.exportKey('spki', publicKey))),
    ),
  );
  const [mine, other] = recipients;
  const [pair] = pairs;
  if (mine === undefined || other === undefined || pair === undefined) throw new Error('two keys were made');
  const myKeyId = toHex(mine.keyId);
  const keyOf = (id: string) => (id === myKeyId ? pair.privateKey : undefined);
  const issued = Date.now();
  const binding: SealBinding = {
    ...{ tenantId, requestId: newId(), operation: 'change', flags: 4, cloudAnchor: newId() },
    ...{ issued, expires: issued + 120_000 },
  };
  const passwords = { next: Password.of('Correct horse 7 battery'), current: Password.of('漢😀 old') };
  const long = { next: Password.of('x'.repeat(256)), current: Password.of('é'.repeat(256)) };
  const corpus = await Promise.all([
    seal(passwords, binding, [mine]),
    seal(passwords, binding, [other, mine]),
    seal(long, binding, [mine, other]),
  ]);
  const strange = corpus.map((inner) => withForeignKeys(inner));
  const plain = await plaintextSealer(binding, mine.keyId, pair.publicKey);
  const refusals = new Set(['ERR_ENVELOPE_OPEN']);
  const offerOf = (inner: Bytes) => () => named(() => open(inner, binding, keyOf));
  return [
    {
      ...{ name: 'open, before RSA', share: 0.038, refusals, atOnce: 64 },
      next(random) {
        const inner = mutated(random, strange);
        return { shown: () => toHex(inner), offer: offerOf(inner) };
      },
    },
    {
      ...{ name: 'open, through RSA', share: 0.002, refusals, atOnce: 16 },
      next(random) {
        const inner = changedWithin(random, random.pick(corpus));
        return { shown: () => toHex(inner), offer: offerOf(inner) };
      },
    },
    {
      ...{ name: 'open, a plaintext of no sealer', share: 0.002, refusals, atOnce: 16 },
      next(random) {
        const bytes = plaintextOf(random);
        const offer = async () => named(async () => open(await plain(bytes), binding, keyOf));
        return { shown: () => toHex(bytes), offer };
      },
    },
  ];
}

/** As if sealed to others: whatever else is wrong with it, no private key is used. */
function withForeignKeys(inner: Bytes): Bytes {
  const copy = inner.slice();
  for (let slot = 0; slot < (inner[2] ?? 0); slot++)
    copy.fill(0xa5, 4 + RECIPIENT_SIZE * slot, 12 + RECIPIENT_SIZE * slot);
  return copy;
}

/** Changed where the layout stays as it is: wrapped key, nonce, ciphertext, tag. */
function changedWithin(random: RandomSource, inner: Bytes): Bytes {
  const copy = inner.slice();
  const from = random.pick([12, 4 + RECIPIENT_SIZE * (inner[2] ?? 1)]);
  for (let left = 1 + random.below(8); left > 0; left--) {
    const at = from + random.below(copy.length - from);
    copy[at] = (copy[at] ?? 0) ^ (1 + random.below(255));
  }
  // a slot of the other recipient may have been met: then mine still opens, unless the rest changed too
  const last = copy.length - 1 - random.below(16);
  copy[last] = (copy[last] ?? 0) ^ 1;
  return copy;
}

/** Two lengths and two texts, of which at least one is not what a sealer writes. */
function plaintextOf(random: RandomSource): Bytes {
  const bytes = new Uint8Array(random.pick(BUCKETS));
  const view = viewOf(bytes);
  bytes.set(random.bytes(random.pick([0, 3, 40, bytes.length])));
  view.setUint16(0, random.pick([0, 1, 3, 2, bytes.length - 4, bytes.length, 0x7fff, 0xffff]));
  const lone = random.pick([0xd800, 0xdbff, 0xdc00, 0xdfff, 0]);
  for (let at = 2; at + 1 < bytes.length && random.chance(0.7); at += 2) view.setUint16(at, lone, true);
  bytes[bytes.length - 1] = 1 + random.below(255);
  return bytes;
}

/** Seals any bytes at all, as nobody who follows the contract would. */
async function plaintextSealer(binding: SealBinding, keyId: Bytes, publicKey: CryptoKey) {
  const raw = randomBytes(32);
  const wrapped = new Uint8Array(await crypto.subtle.encrypt({ name: 'RSA-OAEP' }, publicKey, raw));
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt']);
  return async (plaintext: Bytes): Promise<Bytes> => {
    const head = Uint8Array.of(1, 1, 1, (BUCKETS as readonly number[]).indexOf(plaintext.length));
    const iv = randomBytes(12);
    const additionalData = associatedData(head, binding, [keyId]);
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, plaintext);
    return concat(head, keyId, wrapped, iv, new Uint8Array(sealed));
  };
}

async function named(read: () => Promise<unknown>): Promise<Verdict> {
  try {
    await read();
    return 'read';
  } catch (error) {
    if (error instanceof ProtocolError) return { refused: error.code };
    throw error;
  }
}
