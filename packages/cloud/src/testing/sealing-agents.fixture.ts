/** What agents do with sealed passwords, with real keys, for tests that hold the agents' side in hand. */
import { type Bytes, toBase64url, toHex, viewOf } from '@homeward/protocol/bytes';
import { newId } from '@homeward/protocol/id';
import {
  associatedData,
  INNER_HEAD_SIZE,
  KEY_ID_SIZE,
  NONCE_SIZE,
  RECIPIENT_SIZE,
} from '@homeward/protocol/inner-envelope';
import { FLAGS } from '@homeward/protocol/operation';
import { importRecipient } from '@homeward/protocol/seal';
import type { Ticket } from '@homeward/protocol/ticket';
import type { Clock } from '../clock.ts';
import type { SealedCheck, SealedPassword } from '../flows/reset/writeback.ts';

const RSA = {
  name: 'RSA-OAEP',
  hash: 'SHA-256',
  modulusLength: 2_048,
  publicExponent: Uint8Array.of(1, 0, 1),
};
const LIFETIME = 120_000;

type Key = { spki: string; keyId: string; privateKey: CryptoKey };
type Given = { ticket: Ticket; flowId: string; personId: string; keyIds: string[] };

export class SealingAgents {
  readonly #given = new Map<string, Given>();
  #keys: Promise<Key[]> | undefined;
  #retired: string[] = [];
  clock: Clock = Date.now;
  tenantId = '';
  /** false: no agent of anybody can be reached */
  reachable = true;

  async ticket({ flowId, personId }: { flowId: string; personId: string }): Promise<Ticket | undefined> {
    if (!this.reachable) return undefined;
    this.#keys ??= Promise.all([makeKey(), makeKey()]);
    const keys = await this.#keys;
    const issued = this.clock();
    const ticket: Ticket = {
      ticket: toBase64url(crypto.getRandomValues(new Uint8Array(32))),
      tenantId: this.tenantId,
      requestId: newId(),
      operation: 'reset',
      flags: FLAGS.unlockToo,
      cloudAnchor: personId,
      issued,
      expires: issued + LIFETIME,
      recipients: keys.map(({ spki }) => spki),
    };
    const keyIds = keys.map(({ keyId }) => keyId);
    this.#given.set(ticket.ticket, { ticket, flowId, personId, keyIds });
    return ticket;
  }

  checkSealed(asked: { flowId: string; personId: string; sealed: SealedPassword }): SealedCheck {
    const given = this.#given.get(asked.sealed.ticket);
    if (given?.flowId !== asked.flowId || given.personId !== asked.personId) return 'refused';
    const stale = given.keyIds.some((keyId) => this.#retired.includes(keyId));
    return stale || given.ticket.expires < this.clock() ? 'staleRecipients' : 'good';
  }

  /** Opens as the agent does: anything that was not bound to this very request does not open. */
  async open({ ticket, inner }: SealedPassword): Promise<{ requestId: string; password: string }> {
    const given = this.#given.get(ticket);
    if (given === undefined) throw new Error('nobody gave this ticket');
    const keys = (await this.#keys) ?? [];
    return { requestId: given.ticket.requestId, password: await readNewPassword(inner, given.ticket, keys) };
  }

  /** All keys are replaced: what is sealed to the old ones is stale. */
  async rollKeys(): Promise<void> {
    const old = (await this.#keys) ?? [];
    this.#retired = [...this.#retired, ...old.map(({ keyId }) => keyId)];
    this.#keys = undefined;
  }
}

async function makeKey(): Promise<Key> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(RSA, true, ['encrypt', 'decrypt']);
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));
  const { keyId } = await importRecipient(spki);
  return { spki: toBase64url(spki), keyId: toHex(keyId), privateKey };
}

/** By docs/protocol.md and WebCrypto alone: the cloud's tests contain nothing that opens envelopes either. */
async function readNewPassword(inner: Bytes, binding: Ticket, keys: readonly Key[]): Promise<string> {
  const nonceAt = INNER_HEAD_SIZE + RECIPIENT_SIZE * (inner[2] ?? 0);
  const slots = Array.from({ length: inner[2] ?? 0 }, (_, index) =>
    inner.slice(INNER_HEAD_SIZE + RECIPIENT_SIZE * index, INNER_HEAD_SIZE + RECIPIENT_SIZE * (index + 1)),
  );
  const keyIds = slots.map((slot) => slot.slice(0, KEY_ID_SIZE));
  const privateKey = keys.find(({ keyId }) => keyId === toHex(keyIds[0] ?? new Uint8Array(0)))?.privateKey;
  if (privateKey === undefined) throw new Error('sealed to somebody else');
  const wrapped = slots[0]?.slice(KEY_ID_SIZE) ?? new Uint8Array(0);
  const raw = await crypto.subtle.decrypt({ name: 'RSA-OAEP' }, privateKey, wrapped);
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt']);
  const iv = inner.slice(nonceAt, nonceAt + NONCE_SIZE);
  const additionalData = associatedData(inner.slice(0, INNER_HEAD_SIZE), binding, keyIds);
  const sealed = inner.slice(nonceAt + NONCE_SIZE);
  const plaintext = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, sealed);
  const bytes = new Uint8Array(plaintext);
  return Buffer.from(bytes.subarray(2, 2 + viewOf(bytes).getUint16(0))).toString('utf16le');
}
