import { fromBase64url, toHex } from '@homeward/protocol/bytes';
import type { EnrolledForest } from '@homeward/protocol/enrolment';
import { importPackageKey, type PackageKey } from '@homeward/protocol/package';
import { importRecipient, type Recipient } from '@homeward/protocol/seal';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';
import type { AgentTable } from './tables.ts';

/** The keys that an agent made at one time and uses together. */
export type KeyGeneration = {
  /** from 1 */
  number: number;
  /** checks what the agent signs */
  identity: CryptoKey;
  identityKey: string;
  recipient: Recipient;
  packageKey: PackageKey;
  /** base64url of the SubjectPublicKeyInfo of `recipient`, for browsers */
  passwordKey: string;
};

/** An enrolled agent with its keys ready for use. */
export type Agent = {
  id: string;
  tenantId: string;
  name: string;
  forests: EnrolledForest[];
  /** what new tickets and packages use */
  current: KeyGeneration;
  /** all that may still be named by something under way, the current one first */
  generations: readonly KeyGeneration[];
};

export type RegistryDeps = {
  database: Database;
  secrets: Secrets;
};

/** The enrolled agents, kept in memory: keys are imported once, not at every reset. */
export class AgentRegistry {
  readonly #deps: RegistryDeps;
  #agents = new Map<string, Agent>();

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
  }

  /** Reads the active agents anew; to be called at start and after every change of the table. */
  async refresh(): Promise<void> {
    const rows = await this.#deps.database
      .selectFrom('agent')
      .selectAll()
      .where('status', '=', 'active')
      .execute();
    const agents = await Promise.all(rows.map((row) => this.#agents.get(row.id) ?? this.#load(row)));
    this.#agents = new Map(agents.map((agent) => [agent.id, agent]));
  }

  /** The active agent with this id; undefined for one that is unknown, not admitted yet, or revoked. */
  get(agentId: string): Agent | undefined {
    return this.#agents.get(agentId);
  }

  of(tenantId: string): Agent[] {
    return [...this.#agents.values()].filter((agent) => agent.tenantId === tenantId);
  }

  async #load(row: AgentTable): Promise<Agent> {
    const packageKey = this.#deps.secrets.unseal('package-key', row.id, row.packageKeySealed);
    const current: KeyGeneration = {
      number: 1,
      identity: await importIdentity(row.identityKey),
      identityKey: row.identityKey,
      recipient: await importRecipient(fromBase64url(row.passwordKey)),
      passwordKey: row.passwordKey,
      packageKey: await importPackageKey(row.packageKeyId, new Uint8Array(packageKey)),
    };
    return {
      id: row.id,
      tenantId: row.tenantId,
      name: row.name,
      forests: JSON.parse(row.forests) as EnrolledForest[],
      current,
      generations: [current],
    };
  }
}

/** The package key with this id, of whichever generation. */
export function packageKeyOf({ generations }: Agent, id: string): PackageKey | undefined {
  return generations.find(({ packageKey }) => packageKey.id === id)?.packageKey;
}

/** The generation whose password key has this id (8 bytes as hex). */
export function generationOfRecipient({ generations }: Agent, keyId: string): KeyGeneration | undefined {
  return generations.find(({ recipient }) => toHex(recipient.keyId) === keyId);
}

/** @param identityKey raw Ed25519 public key, base64url */
export function importIdentity(identityKey: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', fromBase64url(identityKey), 'Ed25519', true, ['verify']);
}
