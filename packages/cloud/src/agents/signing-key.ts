import { fromBase64url, randomBytes, toBase64url, toHex } from '@homeward/protocol/bytes';
import type { Clock } from '../clock.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';

export type SigningKey = { id: string; privateKey: CryptoKey; publicKey: CryptoKey };

export type SigningKeyDeps = {
  database: Database;
  secrets: Secrets;
  clock: Clock;
};

/** The key that signs agents' credentials; made at the first start, kept sealed under the master key. */
export async function loadSigningKey(deps: SigningKeyDeps): Promise<SigningKey> {
  const newest = () =>
    deps.database.selectFrom('signingKey').selectAll().orderBy('createdAt', 'desc').executeTakeFirst();
  const row = (await newest()) ?? (await makeSigningKey(deps));
  const pkcs8 = deps.secrets.unseal('signing-key', row.id, row.privateKeySealed);
  return {
    id: row.id,
    privateKey: await crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), 'Ed25519', false, ['sign']),
    publicKey: await crypto.subtle.importKey('raw', fromBase64url(row.publicKey), 'Ed25519', true, [
      'verify',
    ]),
  };
}

async function makeSigningKey({ database, secrets, clock }: SigningKeyDeps) {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const id = toHex(randomBytes(8));
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  const row = {
    id,
    publicKey: toBase64url(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))),
    privateKeySealed: secrets.seal('signing-key', id, pkcs8),
    createdAt: clock(),
  };
  await database.insertInto('signingKey').values(row).execute();
  return row;
}
