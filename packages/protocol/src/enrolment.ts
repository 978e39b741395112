/**
 * How an agent becomes known to a cloud: it shows its public keys, by signature that it holds the identity key, and
 * either a single-use token (`POST /agents/enrol`) or the word of an administrator, who approves a code that the
 * machine shows (`POST /agents/device` and `/agents/device/token`, RFC 8628). JSON; the answer is EnrolmentAnswer
 * or EnrolmentRefusal.
 */
import { type Bytes, concat, context, sha256 } from './bytes.ts';
import type { Id } from './id.ts';

export type EnrolledForest = {
  /** objectSid of the forest root domain, in string form: what makes a forest the same forest */
  sid: string;
  domain: string;
  netbiosName: string;
};

export type EnrolmentRequest = {
  /** 32 bytes, base64url */
  token: string;
  /** how administrators will see this agent; its host name by default */
  name: string;
  forests: EnrolledForest[];
  /** Ed25519 public key, 32 bytes, base64url */
  identityKey: string;
  /** SubjectPublicKeyInfo of the RSA-2048 password key, base64url */
  passwordKey: string;
  /** 8 bytes as hex, and 32 bytes as base64url: readable by this cloud and this agent alone (TLS) */
  packageKey: { id: string; key: string };
  /** signEnrolment, base64url */
  proof: string;
};

/** The same without a token; its proof is signed over none. */
export type DeviceEnrolmentRequest = Omit<EnrolmentRequest, 'token'>;

/** RFC 8628 section 3.2, without `verification_uri_complete`: whoever approves types the code from the terminal. */
export type DeviceAuthorization = {
  /** 32 bytes, base64url; worth nothing without the identity key that asked for it */
  device_code: string;
  /** XXXX-XXXX of USER_CODE_LETTERS */
  user_code: string;
  verification_uri: string;
  /** seconds */
  expires_in: number;
  interval: number;
  /** the audience of the assertions that polls are signed with */
  issuer: string;
};

/** RFC 8628 section 6.1: no vowels, so no words. */
export const USER_CODE_LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';

/** RFC 8628 section 3.5; invalid_client: the poll is not signed by the key that asked. */
export type DevicePollError =
  | 'authorization_pending'
  | 'slow_down'
  | 'expired_token'
  | 'access_denied'
  | 'invalid_client';
export type DevicePollRefusal = { error: DevicePollError; error_description: string };

/** pending: it waits to be admitted beside the agents that serve its forests already. */
export type AgentStanding = 'active' | 'pending';

/** A pending agent, as it is told to one that may admit it. */
export type WaitingAgent = {
  agentId: Id;
  name: string;
  forests: EnrolledForest[];
  identityKey: string;
};

export type EnrolmentAnswer = {
  agentId: Id;
  status: AgentStanding;
  tenantId: Id;
  tenantName: string;
  /** the cloud's URL, as it signs credentials */
  issuer: string;
  /** ws(s) URL that the agent connects to */
  relayUrl: string;
};

export type EnrolmentRefusalCode =
  | 'token_unknown'
  | 'token_expired'
  | 'token_used'
  | 'proof_invalid'
  | 'request_invalid'
  /** this cloud takes tokens alone */
  | 'token_required'
  | 'too_many_requests'
  /** an agent with these keys was revoked */
  | 'keys_revoked';
export type EnrolmentRefusal = { error: EnrolmentRefusalCode; message: string };

/** What the proof covers: swapping any key of the request breaks it. */
export type EnrolmentProof = Pick<EnrolmentRequest, 'packageKey'> & {
  /** absent where an administrator's approval stands for it */
  token?: string;
  identityKey: Bytes;
  passwordKey: Bytes;
};

export async function signEnrolment(proof: EnrolmentProof, identityKey: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', identityKey, await transcript(proof)));
}

export async function verifyEnrolment(proof: EnrolmentProof, signature: Bytes): Promise<boolean> {
  const identity = await crypto.subtle.importKey('raw', proof.identityKey, 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', identity, signature, await transcript(proof));
}

async function transcript(proof: EnrolmentProof): Promise<Bytes> {
  const text = new TextEncoder();
  const parts = [
    ...(proof.token === undefined ? [] : [text.encode(proof.token)]),
    proof.identityKey,
    proof.passwordKey,
    text.encode(proof.packageKey.id),
    text.encode(proof.packageKey.key),
  ];
  const digests = await Promise.all(parts.map(sha256));
  const purpose = proof.token === undefined ? 'homeward/enrol-by-device/v1' : 'homeward/enrol/v1';
  return concat(context(purpose), ...digests);
}

/** The last characters of this are what an administrator compares between terminal and portal. */
export async function identityFingerprint(identityKey: Uint8Array): Promise<string> {
  const digest = await sha256(identityKey);
  return Array.from(digest.subarray(0, 12), (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .replace(/.{4}(?=.)/g, '$&-');
}
