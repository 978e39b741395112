/**
 * The agent's keys: made here, kept as files that only their owner reads, and never sent. Each generation is a
 * folder of its own, so that making the next one never touches the one in use.
 *
 *   keys/<generation>/identity.pem     Ed25519, PKCS #8
 *   keys/<generation>/password.pem     RSA-2048, PKCS #8
 *   keys/<generation>/package.json     {"id": 8 bytes hex, "key": 32 bytes base64url, "madeAt": Unix ms},
 *                                      shared with the cloud alone
 *   keys/<generation>.draft            being made; keys/<generation>.gone: being destroyed
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, fromBase64url, randomBytes, toBase64url, toHex } from '@homeward/protocol/bytes';
import { passwordKeyId } from '@homeward/protocol/inner-envelope';
import { importPasswordKey } from '@homeward/protocol/open';
import { importPackageKey } from '@homeward/protocol/package';
import { Secret } from '@homeward/protocol/secret';
import { AgentError } from '../errors.ts';
import { shredFolder, syncFolder, writePrivate } from './durable-files.ts';
import { type KeyGeneration, KeyRing } from './key-ring.ts';

export type { AgentKeys, KeyGeneration, KeyRing } from './key-ring.ts';

/** What is sent of a package key, once. */
export type PackageKeySecret = { id: string; key: Secret<string> };

export function hasKeys(stateFolder: string): boolean {
  return generationsOnDisk(stateFolder).length > 0;
}

/** Makes a generation; whole or not at all, whatever dies in between. @param madeAt Unix ms; the file's time else */
export async function makeKeys(stateFolder: string, number = 1, madeAt?: number): Promise<void> {
  const folder = folderOf(stateFolder, number);
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
  const packageKey = {
    id: toHex(randomBytes(8)),
    key: toBase64url(randomBytes(32)),
    ...(madeAt && { madeAt }),
  };
  writePrivate(join(draft, 'package.json'), `${JSON.stringify(packageKey)}\n`);
  syncFolder(draft);
  renameSync(draft, folder);
  syncFolder(join(stateFolder, 'keys'));
}

/**
 * Every generation on disk. Reads only, so a command may do it beside a running agent.
 * @throws {AgentError} ERR_KEYS_MISSING
 */
export async function loadKeys(stateFolder: string): Promise<KeyRing> {
  const [oldest, ...newer] = await Promise.all(
    generationsOnDisk(stateFolder).map((number) => loadGeneration(stateFolder, number)),
  );
  if (oldest === undefined)
    throw new AgentError(
      'ERR_KEYS_MISSING',
      `there are no keys in ${join(stateFolder, 'keys')}; enrol this agent again`,
    );
  return new KeyRing([oldest, ...newer]);
}

/** @throws {AgentError} ERR_KEYS_MISSING */
export async function loadGeneration(stateFolder: string, number: number): Promise<KeyGeneration> {
  const folder = folderOf(stateFolder, number);
  const pkcs8 = fromPem(read(folder, 'password.pem'));
  const spki = await publicPart(pkcs8, { name: 'RSA-OAEP', hash: 'SHA-256' }, ['decrypt'], ['encrypt']);
  const identity = fromPem(read(folder, 'identity.pem'));
  const identitySpki = await publicPart(identity, { name: 'Ed25519' }, ['sign'], ['verify']);
  const secret = readPackageKey(stateFolder, number);
  return {
    number,
    madeAt: madeAtOf(folder),
    identity: {
      privateKey: await crypto.subtle.importKey('pkcs8', identity, 'Ed25519', true, ['sign']),
      // RFC 8410: the last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key
      publicKey: identitySpki.slice(-32),
    },
    password: { id: toHex(await passwordKeyId(spki)), privateKey: await importPasswordKey(pkcs8), spki },
    package: await importPackageKey(secret.id, fromBase64url(secret.key.reveal())),
  };
}

/** @throws {AgentError} ERR_KEYS_MISSING */
export function readPackageKey(stateFolder: string, number = oldestOnDisk(stateFolder)): PackageKeySecret {
  const { id, key } = packageFile(folderOf(stateFolder, number));
  return { id, key: new Secret(key) };
}

/** Nothing can be opened with it afterwards. What a crash leaves of it, `tidyKeys` finishes. */
export function destroyKeys(stateFolder: string, number: number): void {
  const folder = folderOf(stateFolder, number);
  if (!existsSync(folder)) return;
  renameSync(folder, `${folder}.gone`);
  syncFolder(join(stateFolder, 'keys'));
  shredFolder(`${folder}.gone`);
  syncFolder(join(stateFolder, 'keys'));
}

/** Finishes what a crash left half-made or half-destroyed. For the running agent alone: it makes and destroys. */
export function tidyKeys(stateFolder: string): void {
  for (const name of namesIn(stateFolder)) {
    if (!/^\d+\.(draft|gone)$/.test(name)) continue;
    shredFolder(join(stateFolder, 'keys', name));
    syncFolder(join(stateFolder, 'keys'));
  }
}

function generationsOnDisk(stateFolder: string): number[] {
  return namesIn(stateFolder)
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b);
}

function oldestOnDisk(stateFolder: string): number {
  return generationsOnDisk(stateFolder)[0] ?? 1;
}

function namesIn(stateFolder: string): string[] {
  const folder = join(stateFolder, 'keys');
  return existsSync(folder) ? readdirSync(folder) : [];
}

function folderOf(stateFolder: string, number: number): string {
  return join(stateFolder, 'keys', String(number));
}

function packageFile(folder: string): { id: string; key: string; madeAt?: number } {
  return JSON.parse(read(folder, 'package.json')) as { id: string; key: string; madeAt?: number };
}

/** Keys of an enrolment are as old as their file. */
function madeAtOf(folder: string): number {
  return packageFile(folder).madeAt ?? Math.round(statSync(join(folder, 'package.json')).mtimeMs);
}

function read(folder: string, file: string): string {
  const path = join(folder, file);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AgentError('ERR_KEYS_MISSING', `${path} cannot be read; enrol this agent again`, { cause });
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
