/**
 * How an agent becomes known to a cloud: it shows a single-use token, its public keys, and by signature that it
 * holds the identity key. `POST /agents/enrol`, JSON; the answer is EnrolmentAnswer or EnrolmentRefusal.
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

export type EnrolmentAnswer = {
  agentId: Id;
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
  | 'request_invalid';
export type EnrolmentRefusal = { error: EnrolmentRefusalCode; message: string };

/** What the proof covers: swapping any key of the request breaks it. */
export type EnrolmentProof = Pick<EnrolmentRequest, 'token' | 'packageKey'> & {
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
    text.encode(proof.token),
    proof.identityKey,
    proof.passwordKey,
    text.encode(proof.packageKey.id),
    text.encode(proof.packageKey.key),
  ];
  const digests = await Promise.all(parts.map(sha256));
  return concat(context('homeward/enrol/v1'), ...digests);
}

/** The last characters of this are what an administrator compares between terminal and portal. */
export async function identityFingerprint(identityKey: Uint8Array): Promise<string> {
  const digest = await sha256(identityKey);
  return Array.from(digest.subarray(0, 12), (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .replace(/.{4}(?=.)/g, '$&-');
}
