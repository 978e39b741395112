import type { Generated } from 'kysely';

/** Times are integer Unix ms, ids UUID text, `…Sealed` base64url of AES-256-GCM under a key derived from the master key. */
export type AgentTable = {
  id: string;
  tenantId: string;
  name: string;
  /** Ed25519 public key, base64url */
  identityKey: string;
  /** SubjectPublicKeyInfo of the RSA-2048 password key, base64url */
  passwordKey: string;
  packageKeyId: string;
  packageKeySealed: string;
  /** JSON: EnrolledForest[] */
  forests: string;
  status: 'pending' | 'active' | 'revoked' | 'cloned';
  /** null: since it was enrolled */
  statusSince: number | null;
  /** the administrator who took it out of service in the portal; null for one that never served, or ended otherwise */
  revokedBy: Generated<string | null>;
  enrolledAt: number;
  /** number of the key generation in this row: the current one */
  keyGeneration: Generated<number>;
  /** null: the keys are those of the enrolment */
  keysMadeAt: number | null;
};

/** Key generations other than the current one. */
export type AgentKeyTable = Pick<
  AgentTable,
  'identityKey' | 'passwordKey' | 'packageKeyId' | 'packageKeySealed'
> & {
  agentId: string;
  number: number;
  state: 'pending' | 'retiring';
  /** of a retiring generation: nothing is sealed to it after this */
  sealableUntil: number | null;
  madeAt: number;
};

export type EnrolmentTokenTable = {
  /** HMAC of the token under the pepper, base64url */
  tokenHmac: string;
  tenantId: string;
  createdAt: number;
  expiresAt: number;
  /** the one key that may still show this token again, because its answer was lost */
  usedByKey: string | null;
  usedByAgent: string | null;
};

export type SigningKeyTable = {
  id: string;
  /** base64url of the raw Ed25519 public key */
  publicKey: string;
  /** PKCS #8 */
  privateKeySealed: string;
  createdAt: number;
};

export type RequestTable = {
  id: string;
  tenantId: string;
  flowId: string;
  personId: string;
  operation: string;
  agentId: string;
  /** granted: the agent may have it; overdue: it expired a while ago, and its end is still open; settled: `outcome` holds */
  state: 'granted' | 'overdue' | 'settled';
  /** SHA-256 of the inner envelope, base64url: a late reply is checked against it; empty without one */
  sealedDigest: string;
  issuedAt: number;
  expiresAt: number;
  /** JSON: Outcome */
  outcome: string | null;
  event: number | null;
  settledAt: number | null;
};
