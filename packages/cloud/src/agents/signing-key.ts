/**
 * The keys that sign agents' credentials (Ed25519), kept sealed under the master key. One signs for 90 days. What it
 * signed is taken for a day more, and its private half is destroyed as soon as its last credential has expired.
 */
import { fromBase64url, randomBytes, toBase64url, toHex } from '@homeward/protocol/bytes';
import { errors, type JWTHeaderParameters } from 'jose';
import { auditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';
import type { SigningKeyTable } from './tables.ts';

export type SigningKey = { id: string; privateKey: CryptoKey };

export type SigningKeys = {
  /** the one that signs now; another one is made first where it is time */
  current(): Promise<SigningKey>;
  /** of a key whose signatures are taken now */
  publicKeyOf(kid: string): CryptoKey | undefined;
  /** Makes, destroys and forgets what is due; also done by itself every minute. */
  rotate(): Promise<void>;
  stop(): void;
};

export type SigningKeyDeps = {
  database: Database;
  secrets: Secrets;
  tenant: { id: string };
  clock: Clock;
  log: Record<'info' | 'warn', (fields: object, message: string) => void>;
};

/** ms that a credential is good for */
export const CREDENTIAL_LIFETIME = 15 * 60_000;
const SIGNS_FOR = 90 * 86_400_000;
const TAKEN_AFTER = 86_400_000;
const LOOKS_EVERY = 60_000;

type Held = { current: SigningKey; madeAt: number; public: Map<string, { key: CryptoKey; until: number }> };

export async function openSigningKeys(deps: SigningKeyDeps): Promise<SigningKeys> {
  const { clock, log } = deps;
  let held = await hold(deps, await turn(deps));
  let turning: Promise<void> | undefined;
  const rotate = () => {
    turning ??= turn(deps)
      .then(async (rows) => {
        held = await hold(deps, rows);
      })
      .finally(() => {
        turning = undefined;
      });
    return turning;
  };
  const timer = setInterval(() => {
    rotate().catch((err: unknown) => log.warn({ err }, 'the signing keys could not be looked after'));
  }, LOOKS_EVERY);
  timer.unref();
  return {
    rotate,
    async current() {
      if (clock() >= held.madeAt + SIGNS_FOR) await rotate();
      return held.current;
    },
    publicKeyOf(kid) {
      const known = held.public.get(kid);
      return known !== undefined && clock() < known.until ? known.key : undefined;
    },
    stop: () => clearInterval(timer),
  };
}

/** For jose: the key that a token names. @throws {errors.JWKSNoMatchingKey} for any but ours */
export function keyNamedBy(
  keys: Pick<SigningKeys, 'publicKeyOf'>,
): (header: JWTHeaderParameters) => CryptoKey {
  return ({ kid }) => {
    const key = keys.publicKeyOf(kid ?? '');
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return key;
  };
}

/** @returns the keys that are left, the one that signs last */
function turn(deps: SigningKeyDeps): Promise<SigningKeyTable[]> {
  const { database, clock, log } = deps;
  return database.transaction().execute(async (transaction) => {
    const now = clock();
    const tell = (result: 'success' | 'keyDestroyed', keyId: string) =>
      auditLog(transaction).append({
        ...{ tenantId: deps.tenant.id, at: now, activity: 'rollSigningKey', result, keyId },
      });
    const rows = await transaction.selectFrom('signingKey').selectAll().orderBy('createdAt').execute();
    const newest = rows.at(-1);
    if (newest === undefined || now >= newest.createdAt + SIGNS_FOR) {
      const made = await makeKey(deps);
      await transaction.insertInto('signingKey').values(made).execute();
      rows.push(made);
      if (newest !== undefined) await tell('success', made.id);
      if (newest !== undefined)
        log.info({ kid: made.id, instead: newest.id }, 'another key signs from now on');
    }
    const left: SigningKeyTable[] = [];
    for (const [index, row] of rows.entries()) {
      const endedAt = rows[index + 1]?.createdAt ?? Number.POSITIVE_INFINITY;
      const isDestroyed = row.privateKeySealed === '';
      const mustGo = !isDestroyed && now >= endedAt + CREDENTIAL_LIFETIME;
      const isForgotten = now >= endedAt + TAKEN_AFTER;
      if (mustGo) await tell('keyDestroyed', row.id);
      if (mustGo) log.info({ kid: row.id }, 'a key that signs no more was destroyed');
      const kept = mustGo ? { ...row, privateKeySealed: '' } : row;
      if (!isForgotten) left.push(kept);
      const { id } = row;
      if (isForgotten) await transaction.deleteFrom('signingKey').where('id', '=', id).execute();
      else if (mustGo)
        await transaction
          .updateTable('signingKey')
          .set({ privateKeySealed: '' })
          .where('id', '=', id)
          .execute();
    }
    return left;
  });
}

async function hold({ secrets }: SigningKeyDeps, rows: readonly SigningKeyTable[]): Promise<Held> {
  const newest = rows.at(-1);
  if (newest === undefined) throw new TypeError('no key signs');
  const pkcs8 = secrets.unseal('signing-key', newest.id, newest.privateKeySealed);
  const privateKey = await crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), 'Ed25519', false, [
    'sign',
  ]);
  pkcs8.fill(0);
  const entries = rows.map(async ({ id, publicKey }, index) => {
    const key = await crypto.subtle.importKey('raw', fromBase64url(publicKey), 'Ed25519', true, ['verify']);
    const endedAt = rows[index + 1]?.createdAt ?? Number.POSITIVE_INFINITY;
    return [id, { key, until: endedAt + TAKEN_AFTER }] as const;
  });
  return {
    current: { id: newest.id, privateKey },
    madeAt: newest.createdAt,
    public: new Map(await Promise.all(entries)),
  };
}

async function makeKey({ secrets, clock }: SigningKeyDeps): Promise<SigningKeyTable> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const id = toHex(randomBytes(8));
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  const privateKeySealed = secrets.seal('signing-key', id, pkcs8);
  pkcs8.fill(0);
  const publicKey = toBase64url(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
  return { id, publicKey, privateKeySealed, createdAt: clock() };
}
