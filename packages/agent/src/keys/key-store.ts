/**
 * The agent's keys: made here, kept as files that only their owner reads, and never sent. Each generation is a
 * folder of its own, so that making the next one never touches the one in use.
 *
 *   keys/<generation>/identity.pem     Ed25519, PKCS #8
 *   keys/<generation>/password.pem     RSA-2048, PKCS #8
 *   keys/<generation>/package.json     {"id": 8 bytes hex, "key": 32 bytes base64url}, shared with the cloud alone
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Bytes, fromBase64url, randomBytes, toBase64url, toHex } from '@homeward/protocol/bytes';
import { passwordKeyId } from '@homeward/protocol/inner-envelope';
import { importPasswordKey } from '@homeward/protocol/open';
import { importPackageKey, type PackageKey } from '@homeward/protocol/package';
import { Secret } from '@homeward/protocol/secret';
import { AgentError } from '../errors.ts';

export type AgentKeys = {
  identity: { privateKey: CryptoKey; publicKey: Bytes };
  /** `id` is 8 bytes as hex, as envelopes name it; `spki` is what sealers need */
  password: { id: string; privateKey: CryptoKey; spki: Bytes };
  package: PackageKey;
};

/** What enrolment sends of the package key, once. */
export type PackageKeySecret = { id: string; key: Secret<string> };

const FIRST_GENERATION = '1';

export function hasKeys(stateFolder: string): boolean {
  return existsSync(join(stateFolder, 'keys', FIRST_GENERATION, 'package.json'));
}

/** Makes the first generation; whole or not at all, whatever dies in between. */
export async function makeKeys(stateFolder: string): Promise<void> {
  const folder = join(stateFolder, 'keys', FIRST_GENERATION);
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  const rsa = {
    name: 'RSA-OAEP',
    hash: 'SHA-256',
    modulusLength: 2_048,
    publicExponent: Uint8Array.of(1, 0, 1),
  };
  const [identity, password] = await Promise.all([
    crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']) as Promise<CryptoKeyPair>,
    crypto.subtle.generateKey(rsa, true, ['encrypt', 'decrypt']),
  ]);
  writePrivate(join(draft, 'identity.pem'), await toPem(identity.privateKey));
  writePrivate(join(draft, 'password.pem'), await toPem(password.privateKey));
  const packageKey = { id: toHex(randomBytes(8)), key: toBase64url(randomBytes(32)) };
  writePrivate(join(draft, 'package.json'), `${JSON.stringify(packageKey)}\n`);
  renameSync(draft, folder);
}

/** @throws {AgentError} ERR_KEYS_MISSING */
export async function loadKeys(stateFolder: string): Promise<AgentKeys> {
  const pkcs8 = fromPem(read(stateFolder, 'password.pem'));
  const spki = await publicPart(pkcs8, { name: 'RSA-OAEP', hash: 'SHA-256' }, ['decrypt'], ['encrypt']);
  const identity = fromPem(read(stateFolder, 'identity.pem'));
  const identitySpki = await publicPart(identity, { name: 'Ed25519' }, ['sign'], ['verify']);
  const secret = readPackageKey(stateFolder);
  return {
    identity: {
      privateKey: await crypto.subtle.importKey('pkcs8', identity, 'Ed25519', false, ['sign']),
      // RFC 8410: the last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key
      publicKey: identitySpki.slice(-32),
    },
    password: { id: toHex(await passwordKeyId(spki)), privateKey: await importPasswordKey(pkcs8), spki },
    package: await importPackageKey(secret.id, fromBase64url(secret.key.reveal())),
  };
}

/** @throws {AgentError} ERR_KEYS_MISSING */
export function readPackageKey(stateFolder: string): PackageKeySecret {
  const { id, key } = JSON.parse(read(stateFolder, 'package.json')) as { id: string; key: string };
  return { id, key: new Secret(key) };
}

function read(stateFolder: string, file: string): string {
  const path = join(stateFolder, 'keys', FIRST_GENERATION, file);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AgentError('ERR_KEYS_MISSING', `${path} cannot be read; enrol this agent again`, { cause });
  }
}

function writePrivate(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

async function publicPart(
  pkcs8: Bytes,
  algorithm: AlgorithmIdentifier | RsaHashedImportParams,
  privateUse: KeyUsage[],
  publicUse: KeyUsage[],
): Promise<Bytes> {
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, privateUse);
  const { kty, n, e, crv, x } = await crypto.subtle.exportKey('jwk', key);
  const jwk = JSON.parse(JSON.stringify({ kty, n, e, crv, x })) as JsonWebKey;
  const publicKey = await crypto.subtle.importKey('jwk', jwk, algorithm, true, publicUse);
  return new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));
}

async function toPem(key: CryptoKey): Promise<string> {
  const base64 = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

function fromPem(pem: string): Bytes {
  return new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
}
