import { fromBase64url } from '@homeward/protocol/bytes';
import type { EnrolledForest } from '@homeward/protocol/enrolment';
import { importPackageKey, type PackageKey } from '@homeward/protocol/package';
import { importRecipient, type Recipient } from '@homeward/protocol/seal';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';
import type { AgentTable } from './tables.ts';

/** An enrolled agent with its keys ready for use. */
export type Agent = {
  id: string;
  tenantId: string;
  name: string;
  forests: EnrolledForest[];
  /** checks its replies and its relay challenge */
  identity: CryptoKey;
  identityKey: string;
  recipient: Recipient;
  packageKey: PackageKey;
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

  /** The active agent with this id; undefined for one that is unknown or revoked. */
  get(agentId: string): Agent | undefined {
    return this.#agents.get(agentId);
  }

  of(tenantId: string): Agent[] {
    return [...this.#agents.values()].filter((agent) => agent.tenantId === tenantId);
  }

  async #load(row: AgentTable): Promise<Agent> {
    const packageKey = this.#deps.secrets.unseal('package-key', row.id, row.packageKeySealed);
    return {
      id: row.id,
      tenantId: row.tenantId,
      name: row.name,
      forests: JSON.parse(row.forests) as EnrolledForest[],
      identity: await importIdentity(row.identityKey),
      identityKey: row.identityKey,
      recipient: await importRecipient(fromBase64url(row.passwordKey)),
      packageKey: await importPackageKey(row.packageKeyId, new Uint8Array(packageKey)),
    };
  }
}

/** @param identityKey raw Ed25519 public key, base64url */
export function importIdentity(identityKey: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', fromBase64url(identityKey), 'Ed25519', true, ['verify']);
}
