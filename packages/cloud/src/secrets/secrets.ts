import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { CloudError } from '../errors.ts';
import type { MasterKey } from './master-key.ts';

/**
 * Each purpose has its own key, derived by HKDF-SHA-256 (RFC 5869) from the master key, so that a value made for
 * one can never pass for another. A row here is a promise: renaming it makes what was stored unreadable.
 */
export type HmacPurpose =
  | 'email-code'
  | 'flow-cookie'
  | 'throttle-key'
  | 'master-key-check'
  | 'agent-token'
  | 'enrolment-token'
  | 'ticket'
  | 'administrator-session'
  | 'device-code'
  | 'user-code';
export type SealPurpose =
  | 'typed-user-id'
  | 'package-key'
  | 'signing-key'
  | 'administrator-password'
  | 'totp-seed'
  | 'device-enrolment';

/** These outlive a restore: one proves the master key, the other keeps limits where they were. */
const IN_EVERY_EPOCH: ReadonlySet<HmacPurpose> = new Set<HmacPurpose>(['master-key-check', 'throttle-key']);

/** What the cloud does with keys that are not in its store. */
export type Secrets = {
  /** HMAC-SHA-256, hex. Parts are length-prefixed: `['ab','c']` and `['a','bc']` differ. */
  hmac(purpose: HmacPurpose, ...parts: readonly string[]): string;
  /** AES-256-GCM, base64url of nonce, ciphertext and tag. `context` (a row's id) must be the same to unseal. */
  seal(purpose: SealPurpose, context: string, plaintext: Uint8Array): string;
  /** @throws {CloudError} ERR_SEALED_TEXT_INVALID if altered, moved to another row, or under another key */
  unseal(purpose: SealPurpose, context: string, sealed: string): Buffer;
};

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * @param epoch of the store (epoch.ts): it is the salt of the HMAC keys, so that all that was given out in another
 *   epoch is void. What is sealed opens in every epoch.
 */
export function deriveSecrets(masterKey: MasterKey, epoch = ''): Secrets {
  const keys = new Map<string, KeyObject>();
  const keyFor = (label: string, salt = ''): KeyObject => {
    const known = keys.get(label);
    if (known) return known;
    const raw = Buffer.from(hkdfSync('sha256', masterKey.reveal(), salt, `homeward/${label}/v1`, 32));
    const made = createSecretKey(raw);
    raw.fill(0);
    keys.set(label, made);
    return made;
  };

  return {
    hmac(purpose, ...parts) {
      const salt = IN_EVERY_EPOCH.has(purpose) ? '' : epoch;
      const mac = createHmac('sha256', keyFor(`hmac/${purpose}`, salt));
      for (const part of parts) {
        const bytes = Buffer.from(part, 'utf8');
        const length = Buffer.alloc(4);
        length.writeUInt32BE(bytes.length);
        mac.update(length).update(bytes);
      }
      return mac.digest('hex');
    },
    seal(purpose, context, plaintext) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', keyFor(`seal/${purpose}`), nonce);
      cipher.setAAD(Buffer.from(context, 'utf8'));
      const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
      return sealed.toString('base64url');
    },
    unseal(purpose, context, sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      try {
        const decipher = createDecipheriv(
          'aes-256-gcm',
          keyFor(`seal/${purpose}`),
          bytes.subarray(0, NONCE_BYTES),
          { authTagLength: TAG_BYTES },
        );
        decipher.setAAD(Buffer.from(context, 'utf8'));
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      } catch (cause) {
        throw new CloudError('ERR_SEALED_TEXT_INVALID', `A sealed ${purpose} cannot be opened.`, { cause });
      }
    },
  };
}
