/**
 * Argon2id (RFC 9106) of administrators' passwords, as PHC strings, by Node's own OpenSSL (decision 7). Hashing
 * shares a small pool of threads with WebCrypto: at most two at once, and a short queue, so that a flood of sign-ins
 * cannot hold up the sealing of somebody's reset.
 */
import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const COST = { memory: 47_104, passes: 2, parallelism: 1 } as const;
const HASH_SIZE = 32;
const SALT_SIZE = 16;
const AT_ONCE = 2;
const MAX_WAITING = 50;

export type PasswordHasher = {
  hash(password: string): Promise<string | 'busy'>;
  /** The same work whether it is right or wrong. @throws {TypeError} for what is no such PHC string */
  verify(password: string, phc: string): Promise<'right' | 'wrong' | 'busy'>;
};

const derive = promisify<'argon2id', Argon2Parameters, Buffer>(argon2);

export function passwordHasher(): PasswordHasher {
  const queued = queue();
  return {
    async hash(password) {
      const nonce = randomBytes(SALT_SIZE);
      const hash = await queued(() => hashOf(password, { ...COST, nonce }));
      return hash === 'busy' ? 'busy' : phcOf(nonce, hash);
    },
    async verify(password, phc) {
      const { hash: expected, ...parameters } = readPhc(phc);
      const hash = await queued(() => hashOf(password, parameters));
      if (hash === 'busy') return 'busy';
      return hash.length === expected.length && timingSafeEqual(hash, expected) ? 'right' : 'wrong';
    },
  };
}

/** A hash that no password has: verifying against it takes as long as against any other. */
export function unmatchedHash(): string {
  return phcOf(randomBytes(SALT_SIZE), randomBytes(HASH_SIZE));
}

type Parameters = { memory: number; passes: number; parallelism: number; nonce: Buffer };

/** NFC: the same characters may come in another spelling from another keyboard (RFC 8265 section 4.2.2). */
function hashOf(password: string, parameters: Parameters): Promise<Buffer> {
  return derive('argon2id', {
    ...parameters,
    message: Buffer.from(password.normalize('NFC'), 'utf8'),
    tagLength: HASH_SIZE,
  });
}

function phcOf(nonce: Buffer, hash: Buffer): string {
  const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${base64(nonce)}$${base64(hash)}`;
}

function readPhc(phc: string): Parameters & { hash: Buffer } {
  const found = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(phc);
  if (found === null) throw new TypeError('not the PHC string of an Argon2id hash');
  const [, memory, passes, parallelism, nonce = '', hash = ''] = found;
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    nonce: Buffer.from(nonce, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}

function queue() {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <T>(work: () => Promise<T>): Promise<T | 'busy'> => {
    if (running < AT_ONCE) running++;
    else if (waiting.length >= MAX_WAITING) return 'busy';
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place is handed over, not given up: nobody can slip in between.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
