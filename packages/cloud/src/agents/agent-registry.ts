import { fromBase64url, toHex } from '@homeward/protocol/bytes';
import type { EnrolledForest } from '@homeward/protocol/enrolment';
import { importPackageKey, type PackageKey } from '@homeward/protocol/package';
import { importRecipient, type Recipient } from '@homeward/protocol/seal';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';
import { type GenerationRow, readAgentRows } from './read-agent-rows.ts';

/** The keys that an agent made at one time and uses together. */
export type KeyGeneration = {
  /** from 1 */
  number: number;
  /** pending: the agent has not said yet that it opens with it; retiring: nothing new is sealed to it */
  state: GenerationRow['state'];
  /** Unix ms; of a retiring generation alone */
  sealableUntil: number | undefined;
  /** Unix ms; when the cloud learned of it */
  madeAt: number;
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
  /** Unix ms */
  enrolledAt: number;
  /** what new tickets and packages use */
  current: KeyGeneration;
  /** all that may still be named by something under way, the current one first */
  generations: readonly KeyGeneration[];
};

export type RegistryDeps = {
  database: Database;
  secrets: Secrets;
};

type ImportedKeys = Pick<KeyGeneration, 'identity' | 'recipient' | 'packageKey'>;

/** The enrolled agents, kept in memory: keys are imported once, not at every reset. */
export class AgentRegistry {
  readonly #deps: RegistryDeps;
  #agents = new Map<string, Agent>();
  /** by agent id and package key id */
  #imported = new Map<string, ImportedKeys>();
  #reading: Promise<void> = Promise.resolve();

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
  }

  /** Reads the active agents anew; to be called at start and after every change of the tables. */
  async refresh(): Promise<void> {
    // One after the other: a read that began earlier must not have the last word.
    const read = this.#reading.then(() => this.#read());
    this.#reading = read.catch(() => undefined);
    await read;
  }

  /** The active agent with this id; undefined for one that is unknown, not admitted yet, or revoked. */
  get(agentId: string): Agent | undefined {
    return this.#agents.get(agentId);
  }

  of(tenantId: string): Agent[] {
    return [...this.#agents.values()].filter((agent) => agent.tenantId === tenantId);
  }

  async #read(): Promise<void> {
    const imported = new Map<string, ImportedKeys>();
    const agents = new Map<string, Agent>();
    for (const { agent, generations: rows } of await readAgentRows(this.#deps.database)) {
      const generations: KeyGeneration[] = [];
      for (const row of rows) {
        const at = `${agent.id}/${row.packageKeyId}`;
        const keys = this.#imported.get(at) ?? (await this.#import(agent.id, row));
        imported.set(at, keys);
        const { number, state, sealableUntil, madeAt, identityKey, passwordKey } = row;
        generations.push({
          ...{ number, state, madeAt, identityKey, passwordKey, ...keys },
          sealableUntil: sealableUntil ?? undefined,
        });
      }
      const [current] = generations;
      if (current === undefined) continue;
      const { id, tenantId, name, enrolledAt } = agent;
      const forests = JSON.parse(agent.forests) as EnrolledForest[];
      agents.set(id, { id, tenantId, name, forests, enrolledAt, current, generations });
    }
    this.#agents = agents;
    this.#imported = imported;
  }

  async #import(agentId: string, row: GenerationRow): Promise<ImportedKeys> {
    const packageKey = this.#deps.secrets.unseal('package-key', agentId, row.packageKeySealed);
    return {
      identity: await importIdentity(row.identityKey),
      recipient: await importRecipient(fromBase64url(row.passwordKey)),
      packageKey: await importPackageKey(row.packageKeyId, new Uint8Array(packageKey)),
    };
  }
}

/** The package key with this id, of whichever generation. */
export function packageKeyOf(agent: Agent, id: string): PackageKey | undefined {
  return generationOfPackage(agent, id)?.packageKey;
}

/** The generation whose package key has this id: an agent signs with the generation that it packs with. */
export function generationOfPackage({ generations }: Agent, id: string): KeyGeneration | undefined {
  return generations.find(({ packageKey }) => packageKey.id === id);
}

/** Whose identity answers for a frame: an agent may still speak with the generation before while keys roll over. */
export function signerOf(agent: Agent, frame: Uint8Array): KeyGeneration {
  return generationOfPackage(agent, toHex(frame.subarray(44, 52))) ?? agent.current;
}

/** The generation whose password key has this id (8 bytes as hex). */
export function generationOfRecipient({ generations }: Agent, keyId: string): KeyGeneration | undefined {
  return generations.find(({ recipient }) => toHex(recipient.keyId) === keyId);
}

/** @param identityKey raw Ed25519 public key, base64url */
export function importIdentity(identityKey: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', fromBase64url(identityKey), 'Ed25519', true, ['verify']);
}
