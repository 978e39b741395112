import type { Bytes } from '@homeward/protocol/bytes';
import type { PackageKey } from '@homeward/protocol/package';

/** What an agent holds of one generation: made together, used together, destroyed together. */
export type AgentKeys = {
  identity: { privateKey: CryptoKey; publicKey: Bytes };
  /** `id` is 8 bytes as hex, as envelopes name it; `spki` is what sealers need */
  password: { id: string; privateKey: CryptoKey; spki: Bytes };
  package: PackageKey;
};

export type KeyGeneration = AgentKeys & {
  /** from 1 */
  number: number;
  /** Unix ms */
  madeAt: number;
};

/**
 * Every generation that this agent holds, for as long as it runs: a rollover changes it in place, so whoever has
 * it opens with all and signs with the current one without being told. Take `current` once for what belongs
 * together: it may be another generation after the next await.
 */
export class KeyRing implements AgentKeys {
  #generations: readonly KeyGeneration[];
  #current: KeyGeneration;

  /**
   * Starts with the oldest generation as the current one: the cloud takes what it signs until the agent itself has
   * reported that it is destroyed, whereas it may never have heard of the newest.
   */
  constructor([oldest, ...newer]: readonly [KeyGeneration, ...KeyGeneration[]]) {
    this.#generations = [oldest, ...newer];
    this.#current = oldest;
  }

  /** signs, and packs what is sent */
  get current(): KeyGeneration {
    return this.#current;
  }

  /** oldest first; all of them open */
  get all(): readonly KeyGeneration[] {
    return this.#generations;
  }

  get newest(): KeyGeneration {
    return this.#generations.at(-1) ?? this.#current;
  }

  get identity(): KeyGeneration['identity'] {
    return this.#current.identity;
  }

  get password(): KeyGeneration['password'] {
    return this.#current.password;
  }

  get package(): PackageKey {
    return this.#current.package;
  }

  byNumber(number: number): KeyGeneration | undefined {
    return this.#generations.find((generation) => generation.number === number);
  }

  /** @param id 8 bytes as hex */
  byPasswordKeyId(id: string): KeyGeneration | undefined {
    return this.#generations.find(({ password }) => password.id === id);
  }

  /** @param id 8 bytes as hex */
  byPackageKeyId(id: string): KeyGeneration | undefined {
    return this.#generations.find((generation) => generation.package.id === id);
  }

  add(generation: KeyGeneration): void {
    if (this.byNumber(generation.number) !== undefined) return;
    this.#generations = [...this.#generations, generation].toSorted((a, b) => a.number - b.number);
  }

  use(generation: KeyGeneration): void {
    this.#current = generation;
  }

  /** Nothing opens with it from now on. @throws {TypeError} for the current one */
  drop(number: number): void {
    if (number === this.#current.number) throw new TypeError('the current generation stays');
    this.#generations = this.#generations.filter((generation) => generation.number !== number);
  }
}
