/**
 * From one generation of keys to the next while requests flow. Nothing but the generations on disk is remembered:
 * whatever dies in between, the next start states the newest one again and the cloud says where both are. Steps:
 * rollover.ts of the protocol.
 */
import { fromBase64url } from '@homeward/protocol/bytes';
import { EVENTS } from '@homeward/protocol/event';
import { encodeGenerationName, type KeysAnswer, signKeys } from '@homeward/protocol/rollover';
import { Secret } from '@homeward/protocol/secret';
import { AgentError } from '../errors.ts';
import type { KeyGeneration, KeyRing } from '../keys/key-ring.ts';
import { destroyKeys, loadGeneration, makeKeys, readPackageKey, tidyKeys } from '../keys/key-store.ts';
import type { AgentLog } from '../log.ts';
import { clearRolloverRequest, rolloverRequestedAt, writeRolloverFacts } from './rollover-files.ts';
import { type StateDeps, stateKeys } from './state-keys.ts';

export type KeyRolloverDeps = StateDeps & {
  stateFolder: string;
  /** changed in place: whoever opens and signs with it does so with the new keys at once */
  keys: KeyRing;
  /** age at which keys are replaced, ms */
  lifetime: number;
  clock: { now: () => number };
  log: AgentLog;
};

/** A request by a file is noticed within this, ms. */
const LOOK_EVERY = 2_000;
/** After the last moment at which something may be sealed to a generation: what clocks may differ by, and a little. ms */
const MARGIN = 61_000;
const RETRY = { first: 15_000, longest: 10 * 60_000 };

export class KeyRollover {
  readonly #deps: KeyRolloverDeps;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #isLooking = false;
  #failures = 0;
  /** Unix ms, after a failure */
  #tryAt = 0;
  /** Unix ms; undefined: nothing is open that the cloud has to be asked about */
  #askAt: number | undefined = 0;

  constructor(deps: KeyRolloverDeps) {
    this.#deps = deps;
    tidyKeys(deps.stateFolder);
  }

  /** Once is enough. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY);
    this.#look();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /**
   * Takes every step that can be taken now; one call after the other.
   * @throws {AgentError} ERR_CLOUD_UNREACHABLE, ERR_KEYS_REFUSED: to be tried again
   */
  advance(): Promise<void> {
    const stepped = this.#running.then(() => this.#step());
    this.#running = stepped.catch(() => undefined);
    return stepped;
  }

  async #step(): Promise<void> {
    const { keys, clock } = this.#deps;
    if (keys.newest === keys.current && this.#isDue()) await this.#make();
    if (keys.newest === keys.current && (this.#askAt === undefined || clock.now() < this.#askAt)) return;
    const answer = await this.#announce();
    await this.#retire(answer);
  }

  #look(): void {
    if (this.#deps.clock.now() < this.#tryAt) return;
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.advance()
      .then(() => {
        this.#failures = 0;
      })
      .catch((error: unknown) => this.#postpone(error))
      .finally(() => {
        this.#isLooking = false;
      });
  }

  #isDue(): boolean {
    const { stateFolder, keys, lifetime, clock } = this.#deps;
    const { madeAt } = keys.newest;
    const requestedAt = rolloverRequestedAt(stateFolder);
    if (requestedAt !== undefined && requestedAt > madeAt) return true;
    // Asked for before these were made: a crash kept it from being taken off.
    if (requestedAt !== undefined) clearRolloverRequest(stateFolder);
    return clock.now() - madeAt >= lifetime;
  }

  async #make(): Promise<void> {
    const { stateFolder, keys, clock, log } = this.#deps;
    const number = keys.newest.number + 1;
    // Never before the request that it answers, whatever the clock does.
    const madeAt = Math.max(clock.now(), rolloverRequestedAt(stateFolder) ?? 0);
    await makeKeys(stateFolder, number, madeAt);
    keys.add(await loadGeneration(stateFolder, number));
    clearRolloverRequest(stateFolder);
    log.info({ event: EVENTS.keysCreated, generation: number }, 'new keys were made; the cloud is told');
  }

  /** KEYS where the cloud may not have them, then READY; both change nothing when they are stated again. */
  async #announce(): Promise<KeysAnswer> {
    const { newest, current } = this.#deps.keys;
    if (newest !== current) {
      const answer = await this.#stateNewest();
      this.#follow(answer);
      // Older ones have to go first; the answer says which may.
      if (answer.result === 'tooMany') return answer;
    }
    const name = encodeGenerationName({ number: newest.number, packageKeyId: newest.package.id });
    const answer = await stateKeys(this.#deps, 'ready', name, newest);
    this.#follow(answer);
    return answer;
  }

  async #stateNewest(): Promise<KeysAnswer> {
    const { enrolment, stateFolder, keys } = this.#deps;
    const from = keys.current;
    const { number, identity, password } = keys.newest;
    const { id, key } = readPackageKey(stateFolder, number);
    const raw = fromBase64url(key.reveal());
    const body = await signKeys(
      {
        ...{ number, identityKey: identity.publicKey, passwordKey: password.spki },
        packageKey: { id, key: new Secret(raw) },
      },
      enrolment,
      { old: from.identity.privateKey, new: identity.privateKey },
    );
    raw.fill(0);
    return stateKeys(this.#deps, 'keys', body, from);
  }

  async #retire({ retiring, now: cloudTime }: KeysAnswer): Promise<void> {
    const { keys, stateFolder, clock, log } = this.#deps;
    const waiting = [];
    for (const { number, packageKeyId, mayGo, sealableUntil } of retiring) {
      const held = keys.byPackageKeyId(packageKeyId);
      if (held !== undefined && !mayGo) {
        waiting.push({ number, mayGoAfter: clock.now() + Math.max(0, sealableUntil - cloudTime) + MARGIN });
        continue;
      }
      if (held !== undefined) this.#destroy(held);
      const name = encodeGenerationName({ number, packageKeyId });
      await stateKeys(this.#deps, 'retired', name, keys.current);
      log.info({ event: EVENTS.keysCreated, generation: number }, 'old keys are destroyed on both sides');
    }
    // What the cloud does not name any more, nothing can be sealed to.
    const named = new Set(retiring.map(({ packageKeyId }) => packageKeyId));
    for (const old of keys.all)
      if (old.number < keys.current.number && !named.has(old.package.id)) this.#destroy(old);
    this.#askAt = waiting.length > 0 ? Math.min(...waiting.map(({ mayGoAfter }) => mayGoAfter)) : undefined;
    writeRolloverFacts(stateFolder, { current: keys.current.number, retiring: waiting });
  }

  #destroy({ number }: KeyGeneration): void {
    this.#deps.keys.drop(number);
    destroyKeys(this.#deps.stateFolder, number);
  }

  /** The cloud's word on what is current holds: it may have switched before an answer was lost. */
  #follow({ result, current }: KeysAnswer): void {
    const { keys, log } = this.#deps;
    if (result === 'conflict')
      throw new AgentError(
        'ERR_KEYS_REFUSED',
        `the cloud has other keys as generation ${keys.newest.number} (it uses ${current}): was the state folder, ` +
          'or the cloud, set back to an older copy? Resets go on with the keys before; enrol this agent again',
      );
    const used = keys.byNumber(current);
    if (used === undefined || used.number <= keys.current.number) return;
    keys.use(used);
    log.info({ event: EVENTS.keysCreated, generation: current }, 'the new keys are in use');
  }

  #postpone(error: unknown): void {
    const { clock, log, stateFolder, keys } = this.#deps;
    const wait = Math.min(RETRY.first * 2 ** this.#failures, RETRY.longest);
    this.#failures += 1;
    this.#tryAt = clock.now() + wait;
    const isExpected = error instanceof AgentError;
    const problem = isExpected ? error.message : 'an unknown fault; see the log';
    writeRolloverFacts(stateFolder, { current: keys.current.number, retiring: [], problem });
    const fields = { event: isExpected ? EVENTS.cryptoError : EVENTS.unknownError, err: error };
    if (isExpected) log.warn({ ...fields, retryInMs: wait }, `keys could not be rolled over: ${problem}`);
    else log.error({ ...fields, retryInMs: wait }, 'keys could not be rolled over');
  }
}
