/** What opens a sealed password, as a process would have it in memory, and the search for it. */
import { constants, createDecipheriv, createPrivateKey, privateDecrypt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPatterns } from './find-patterns.ts';

export type KnownKey = { name: string; bytes: Buffer };

/** A run of this many bytes is no coincidence, and a piece of a prime is enough to find the rest of it. */
const PIECE = 32;
/** Of 32 random bytes 30 are different, and fewer than this once in a hundred million. */
const LEAST_DIFFERENT = 20;
const NONCE = 12;
const TAG = 16;
const SLOT = 264;

/** The agent's private password keys, from its folder: both primes and the exponent. */
export function passwordKeysOf(agentFolder: string): { pem: string; parts: KnownKey[] }[] {
  const folder = join(agentFolder, 'keys');
  return readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .map((generation) => {
      const pem = readFileSync(join(folder, generation, 'password.pem'), 'utf8');
      const jwk = createPrivateKey(pem).export({ format: 'jwk' });
      const parts = (['p', 'q', 'd'] as const).map((name) => ({
        name: `RSA ${name} of generation ${generation}`,
        bytes: Buffer.from(String(jwk[name]), 'base64url'),
      }));
      return { pem, parts };
    });
}

/** The content key of an inner envelope, opened as its agent would. @throws where none of the keys is a recipient's */
export function contentKeyOf(inner: Buffer, keys: readonly { pem: string }[]): Buffer {
  for (let slot = 0; slot < (inner[2] ?? 0); slot++) {
    const wrapped = inner.subarray(4 + SLOT * slot + 8, 4 + SLOT * (slot + 1));
    for (const { pem } of keys) {
      try {
        const padding = constants.RSA_PKCS1_OAEP_PADDING;
        const opened = privateDecrypt({ key: pem, padding, oaepHash: 'sha256' }, wrapped);
        if (opened.length === PIECE) return opened;
      } catch {
        // sealed to another key
      }
    }
  }
  throw new Error('the envelope is sealed to none of these keys');
}

/**
 * Names of the keys of which a piece is in `memory`: as they are written, as OpenSSL keeps them (backwards), or as a
 * database and JSON would have them, in hex and base64.
 */
export function findKeys(memory: Buffer, keys: readonly KnownKey[]): string[] {
  const pieces = keys.flatMap(({ name, bytes }) =>
    [...formsOf(bytes)].flatMap(piecesOf).map((piece) => ({ name, piece })),
  );
  const found = findPatterns(
    memory,
    pieces.map(({ piece }) => piece),
  );
  const names = new Set([...found].map((index) => pieces[index]?.name));
  return keys.map(({ name }) => name).filter((name) => names.has(name));
}

function formsOf(bytes: Buffer): Buffer[] {
  const texts = [bytes.toString('hex'), bytes.toString('base64url'), bytes.toString('base64')];
  return [bytes, Buffer.from(bytes).reverse(), ...texts.map((text) => Buffer.from(text, 'latin1'))];
}

function piecesOf(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.floor(bytes.length / PIECE) }, (_, at) =>
    bytes.subarray(at * PIECE, (at + 1) * PIECE),
  );
}

/**
 * How many of all runs of 32 bytes in `memory` open the envelope when they are tried as its content key. Runs that no
 * random key looks like are passed over.
 */
export function triedAsContentKeys(memory: Buffer, inner: Buffer, associatedData: Uint8Array): number {
  const head = 4 + SLOT * (inner[2] ?? 0);
  const nonce = inner.subarray(head, head + NONCE);
  const sealed = inner.subarray(head + NONCE, inner.length - TAG);
  const tag = inner.subarray(inner.length - TAG);
  let opened = 0;
  for (let at = 0; at + PIECE <= memory.length; at++) {
    if (new Set(memory.subarray(at, at + PIECE)).size < LEAST_DIFFERENT) continue;
    const decipher = createDecipheriv('aes-256-gcm', memory.subarray(at, at + PIECE), nonce);
    decipher.setAAD(associatedData).setAuthTag(tag);
    decipher.update(sealed);
    try {
      decipher.final();
      opened++;
    } catch {
      // not this one
    }
  }
  return opened;
}
