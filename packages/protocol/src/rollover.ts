/**
 * From one generation of an agent's keys to the next, while requests flow. The agent sends statements (see
 * statement.ts) to its cloud, each of which may be repeated and is then answered as before:
 *
 *   POST /agents/keys           KEYS     here is generation n       sealed under a generation that the cloud knows
 *   POST /agents/keys/ready     READY    I open with generation n   sealed under n, which it thereby proves to hold
 *   POST /agents/keys/retired   RETIRED  generation m is destroyed  sealed under any other
 *
 * Every answer is a KeysAnswer: which generation the cloud seals to, and which older ones may be destroyed.
 *
 *   KEYS     0   4  number                    READY    0  4  number
 *            4  32  identity key                       4  8  package key id
 *           36   8  package key id            RETIRED  as READY
 *           44  32  package key               answer   0  1  result
 *           76   2  length of the SPKI                 1  4  current number
 *           78   n  SPKI of the password key           5  8  the cloud's clock, Unix ms
 *         78+n  64  signed by the old identity        13  1  older generations that follow
 *        142+n  64  signed by the new identity        14 21  each: as READY, sealable until 8, may go 1
 */
import { type Bytes, concat, context, fromHex, readTime, toHex, viewOf, writeTime } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { type Id, idToBytes } from './id.ts';
import { Secret } from './secret.ts';

export type KeysStatement = {
  /** from 2: the first generation comes with the enrolment */
  number: number;
  /** Ed25519 public key, 32 bytes */
  identityKey: Bytes;
  /** SubjectPublicKeyInfo of the RSA-2048 password key */
  passwordKey: Bytes;
  /** 8 bytes as hex, and 32 bytes */
  packageKey: { id: string; key: Secret<Bytes> };
};

/** Says which generation is meant, by number and by what only that one has. */
export type GenerationName = { number: number; packageKeyId: string };

export type RetiringGeneration = GenerationName & {
  /** Unix ms on the cloud's clock: nothing is sealed to it after this */
  sealableUntil: number;
  /** nothing that names it can come any more: destroy it */
  mayGo: boolean;
};

export const KEYS_RESULTS = { taken: 1, conflict: 2, tooMany: 3 } as const;
export type KeysResult = keyof typeof KEYS_RESULTS;

export type KeysAnswer = {
  /** conflict: other keys have this number, so one of the two sides was set back to an older state */
  result: KeysResult;
  current: number;
  /** the cloud's clock, Unix ms */
  now: number;
  retiring: readonly RetiringGeneration[];
};

export type KeysBinding = { tenantId: Id; agentId: Id };

const FIXED_SIZE = 78;
const SIGNATURE_SIZE = 64;
const SPKI_SIZES = { min: 256, max: 600 };
const RETIRING_AT = 14;
const RETIRING_SIZE = 21;
/** generations that may be on their way out at one time */
export const MAX_RETIRING = 8;

export async function signKeys(
  keys: KeysStatement,
  binding: KeysBinding,
  signers: { old: CryptoKey; new: CryptoKey },
): Promise<Bytes> {
  const stated = encodeKeys(keys);
  const message = signed(stated, binding);
  const signatures = await Promise.all(
    [signers.old, signers.new].map((key) => crypto.subtle.sign('Ed25519', key, message)),
  );
  return concat(stated, ...signatures.map((signature) => new Uint8Array(signature)));
}

/**
 * @param oldIdentity of the generation under which the statement was sealed
 * @throws {ProtocolError} ERR_STATEMENT_MALFORMED, ERR_STATEMENT_SIGNATURE
 */
export async function verifyKeys(
  body: Uint8Array,
  binding: KeysBinding,
  oldIdentity: CryptoKey,
): Promise<KeysStatement> {
  const keys = decodeKeys(body);
  const end = body.length - 2 * SIGNATURE_SIZE;
  const message = signed(new Uint8Array(body.subarray(0, end)), binding);
  const newIdentity = await crypto.subtle.importKey('raw', keys.identityKey, 'Ed25519', false, ['verify']);
  const verdicts = await Promise.all(
    [oldIdentity, newIdentity].map((key, index) => {
      const at = end + index * SIGNATURE_SIZE;
      const signature = new Uint8Array(body.subarray(at, at + SIGNATURE_SIZE));
      return crypto.subtle.verify('Ed25519', key, signature, message);
    }),
  );
  if (verdicts.includes(false))
    throw new ProtocolError('ERR_STATEMENT_SIGNATURE', 'the new keys are not signed by the old and the new');
  return keys;
}

export function encodeGenerationName({ number, packageKeyId }: GenerationName): Bytes {
  const body = new Uint8Array(12);
  viewOf(body).setUint32(0, number);
  body.set(fromHex(packageKeyId), 4);
  return body;
}

/** @throws {ProtocolError} ERR_STATEMENT_MALFORMED */
export function decodeGenerationName(body: Uint8Array): GenerationName {
  if (body.length !== 12) throw malformed('length');
  return { number: numberAt(body, 0), packageKeyId: toHex(body.subarray(4)) };
}

export function encodeKeysAnswer(answer: KeysAnswer): Bytes {
  const body = new Uint8Array(RETIRING_AT + RETIRING_SIZE * answer.retiring.length);
  const view = viewOf(body);
  view.setUint8(0, KEYS_RESULTS[answer.result]);
  view.setUint32(1, answer.current);
  writeTime(view, 5, answer.now);
  view.setUint8(13, answer.retiring.length);
  for (const [index, { sealableUntil, mayGo, ...name }] of answer.retiring.entries()) {
    const at = RETIRING_AT + RETIRING_SIZE * index;
    body.set(encodeGenerationName(name), at);
    writeTime(view, at + 12, sealableUntil);
    view.setUint8(at + 20, mayGo ? 1 : 0);
  }
  return body;
}

/** @throws {ProtocolError} ERR_STATEMENT_MALFORMED */
export function decodeKeysAnswer(body: Uint8Array): KeysAnswer {
  const count = body[13] ?? 0;
  const result = (Object.keys(KEYS_RESULTS) as KeysResult[]).find((name) => KEYS_RESULTS[name] === body[0]);
  if (body.length !== RETIRING_AT + RETIRING_SIZE * count || count > MAX_RETIRING || result === undefined)
    throw malformed('answer');
  const retiring = Array.from({ length: count }, (_, index) => {
    const at = RETIRING_AT + RETIRING_SIZE * index;
    const mayGo = body[at + 20] ?? 0;
    if (mayGo > 1) throw malformed('flag');
    const name = decodeGenerationName(body.subarray(at, at + 12));
    return { ...name, sealableUntil: timeAt(body, at + 12), mayGo: mayGo === 1 };
  });
  return { result, current: numberAt(body, 1), now: timeAt(body, 5), retiring };
}

function encodeKeys({ number, identityKey, passwordKey, packageKey }: KeysStatement): Bytes {
  const body = new Uint8Array(FIXED_SIZE + passwordKey.length);
  const view = viewOf(body);
  view.setUint32(0, number);
  body.set(identityKey, 4);
  body.set(fromHex(packageKey.id), 36);
  body.set(packageKey.key.reveal(), 44);
  view.setUint16(76, passwordKey.length);
  body.set(passwordKey, FIXED_SIZE);
  return body;
}

function decodeKeys(body: Uint8Array): KeysStatement {
  const spkiSize = body.length - FIXED_SIZE - 2 * SIGNATURE_SIZE;
  if (spkiSize < SPKI_SIZES.min || spkiSize > SPKI_SIZES.max || viewOf(body).getUint16(76) !== spkiSize)
    throw malformed('length');
  const number = numberAt(body, 0);
  if (number < 2) throw malformed('number');
  const part = (from: number, to: number): Bytes => new Uint8Array(body.subarray(from, to));
  return {
    number,
    identityKey: part(4, 36),
    packageKey: { id: toHex(part(36, 44)), key: new Secret(part(44, 76)) },
    passwordKey: part(FIXED_SIZE, FIXED_SIZE + spkiSize),
  };
}

function signed(stated: Bytes, { tenantId, agentId }: KeysBinding): Bytes {
  return concat(context('homeward/keys/v1'), idToBytes(tenantId), idToBytes(agentId), stated);
}

function numberAt(body: Uint8Array, at: number): number {
  const number = viewOf(body).getUint32(at);
  if (number === 0) throw malformed('number');
  return number;
}

function timeAt(body: Uint8Array, at: number): number {
  const time = readTime(viewOf(body), at);
  if (Number.isNaN(time)) throw malformed('time');
  return time;
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('ERR_STATEMENT_MALFORMED', `the statement about keys is malformed: ${what}`);
}
