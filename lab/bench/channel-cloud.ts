import { sha256 } from '@homeward/protocol/bytes';
import { decodeClaim, encodeOffer } from '@homeward/protocol/control';
import type { FrameHeader, FrameType } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import { type PackageKey, pack, unpack } from '@homeward/protocol/package';
import { Password } from '@homeward/protocol/password';
import { verifyReply } from '@homeward/protocol/reply';
import { encodeRequest } from '@homeward/protocol/request';
import { importRecipient, type Recipient, type SealBinding, seal } from '@homeward/protocol/seal';
import type { KeyRing } from '../../packages/agent/src/keys/key-store.ts';

const RSA = {
  name: 'RSA-OAEP',
  hash: 'SHA-256',
  modulusLength: 2_048,
  publicExponent: Uint8Array.of(1, 0, 1),
};

type Side = {
  agentId: string;
  tenantId: string;
  keys: KeyRing;
  send: (frame: Uint8Array) => 'sent' | 'offline' | 'busy';
};

/** A cloud that does nothing but the protocol: no pages, no store. */
export class ChannelCloud {
  readonly #side: Side;
  readonly #recipients: readonly Recipient[];
  readonly #identity: CryptoKey;
  readonly #packageKey: PackageKey;
  /** of the last frame of each type that passed the relay */
  readonly bytes: Partial<Record<FrameType, number>> = {};
  readonly #waiting = new Map<string, (frame: Uint8Array) => void>();

  private constructor(side: Side, recipients: readonly Recipient[], identity: CryptoKey) {
    this.#side = side;
    this.#recipients = recipients;
    this.#identity = identity;
    this.#packageKey = side.keys.package;
  }

  static async open(side: Side): Promise<ChannelCloud> {
    const standby = await crypto.subtle.generateKey(RSA, true, ['encrypt', 'decrypt']);
    const spki = new Uint8Array(await crypto.subtle.exportKey('spki', standby.publicKey));
    const recipients = await Promise.all([side.keys.password.spki, spki].map(importRecipient));
    const raw = side.keys.identity.publicKey;
    const identity = await crypto.subtle.importKey('raw', raw, 'Ed25519', true, ['verify']);
    return new ChannelCloud(side, recipients, identity);
  }

  receive({ type, requestId }: FrameHeader, frame: Uint8Array): void {
    this.bytes[type] = frame.length;
    this.#waiting.get(requestId)?.(new Uint8Array(frame));
  }

  /** Offer, claim, request, reply, settled; the password is sealed for it and the reply verified. */
  async roundTrip(): Promise<void> {
    const { tenantId, agentId } = this.#side;
    const [requestId, cloudAnchor, issued] = [newId(), newId(), Date.now()];
    const binding: SealBinding = {
      ...{ tenantId, requestId, operation: 'reset', flags: 0, cloudAnchor },
      ...{ issued, expires: issued + 60_000 },
    };
    const inner = await seal({ next: Password.of('Correct horse 7 battery') }, binding, this.#recipients);
    const offer = encodeOffer({ number: 1, operation: 'reset', flags: 0, cloudAnchor, isLast: false });
    const claim = await this.#exchange('offer', requestId, binding.expires, offer);
    if (decodeClaim(claim) !== 1) throw new Error('another offer was claimed');
    const body = encodeRequest({ ...binding, actorId: cloudAnchor, inner });
    const reply = await this.#exchange('request', requestId, binding.expires, body);
    const sealedDigest = await sha256(inner);
    const { outcome } = await verifyReply(
      reply,
      { tenantId, agentId, requestId, sealedDigest },
      this.#identity,
    );
    if (outcome.kind !== 'notFound') throw new Error(`nobody is there, and the outcome is ${outcome.kind}`);
    await this.#say('settled', requestId, binding.expires, new Uint8Array(0));
  }

  async #exchange(type: FrameType, requestId: string, expires: number, body: Uint8Array<ArrayBuffer>) {
    const answered = new Promise<Uint8Array>((resolve) => this.#waiting.set(requestId, resolve));
    await this.#say(type, requestId, expires, body);
    const frame = await answered;
    this.#waiting.delete(requestId);
    return (await unpack(frame, this.#side.tenantId, () => this.#packageKey)).body;
  }

  async #say(
    type: FrameType,
    requestId: string,
    expires: number,
    body: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const { tenantId, agentId, send } = this.#side;
    const frame = await pack(
      { header: { type, agentId, requestId, expires }, body },
      tenantId,
      this.#packageKey,
    );
    this.bytes[type] = frame.length;
    if (send(frame) !== 'sent') throw new Error('the agent is not connected');
  }
}
