/**
 * How an agent proves its key to the relay. The credential comes in the Authorization header of the upgrade;
 * then, as text messages of JSON:
 *
 *   relay → agent   {"type":"challenge","nonce":"<32 bytes>","audience":"…"}
 *   agent → relay   {"type":"answer","signature":"<64 bytes>"}
 *   relay → agent   {"type":"ready","time":<Unix ms>}
 *   agent → relay   {"type":"credential","credential":"…"}   any time later: prolongs the session
 *
 * After `ready`, frames travel as binary messages. The answer signs the audience that the agent dialled, so a
 * false relay cannot pass the challenge of a true one on (RFC 9266 has the same aim for TLS).
 */
import { type Bytes, concat, context, sha256 } from './bytes.ts';
import { type Id, idToBytes } from './id.ts';

export const NONCE_SIZE = 32;
/** before authentication, bytes */
export const MAX_SESSION_MESSAGE = 1_024;
/** to answer the challenge, ms */
export const AUTHENTICATION_LIMIT = 5_000;

export type RelayMessage =
  | { type: 'challenge'; nonce: string; audience: string }
  | { type: 'ready'; time: number };

export type AgentMessage = { type: 'answer'; signature: string } | { type: 'credential'; credential: string };

export type ChallengeBinding = {
  /** origin of the relay, such as wss://reset.example.com */
  audience: string;
  nonce: Uint8Array;
  agentId: Id;
  /** the compact JWT of the upgrade */
  credential: string;
};

export async function signChallenge(binding: ChallengeBinding, identityKey: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', identityKey, await transcript(binding)));
}

export async function verifyChallenge(
  binding: ChallengeBinding,
  signature: Bytes,
  identity: CryptoKey,
): Promise<boolean> {
  return crypto.subtle.verify('Ed25519', identity, signature, await transcript(binding));
}

async function transcript(binding: ChallengeBinding): Promise<Bytes> {
  const audience = new TextEncoder().encode(binding.audience);
  const length = Uint8Array.of(audience.length >> 8, audience.length & 255);
  const credential = await sha256(new TextEncoder().encode(binding.credential));
  return concat(
    context('homeward/relay-auth/v1'),
    length,
    audience,
    binding.nonce,
    idToBytes(binding.agentId),
    credential,
  );
}
