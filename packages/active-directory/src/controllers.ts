import { ConnectionFailure, connectionFailureOf } from './connection-failure.ts';
import { readControllerFacts } from './controller-facts.ts';
import { textOf } from './entry.ts';
import { ConnectionLost, DirectoryError } from './errors.ts';
import { LdapConnection } from './ldap-connection.ts';
import { CONTROLLERS_RECORD, EMULATOR_RECORD, locateEndpoint, locateHosts } from './locate-controllers.ts';
import { type Session, SessionPool } from './session-pool.ts';
import {
  DEFAULT_POOL_SIZE,
  DEFAULT_TIMEOUTS,
  type DirectoryDeps,
  type DirectorySettings,
  type Timeouts,
} from './settings.ts';

/** The role can move at any time; a kept session asks again when its proof is older than this. */
const PROOF_MS = 2_000;
/** A controller that failed is asked last for this long, so that each request does not wait for it anew. */
const REST_MS = 15_000;

/**
 * Which controller gets what. Passwords go to the PDC emulator: found by SRV record or among the pinned names,
 * proved by `fSMORoleOwner` = `dsServiceName`, followed by the role owner's own name where DNS is behind. Another
 * writable controller takes over only if configured ([MS-SAMS] 3.2.4.2: it forwards to the emulator, best effort).
 */
export class Controllers {
  readonly limits: Timeouts;
  readonly #settings: DirectorySettings;
  readonly #deps: DirectoryDeps;
  readonly #pools = new Map<string, SessionPool>();
  readonly #restUntil = new Map<string, number>();
  #emulator: string | undefined;
  #warned: string | undefined;
  #closed = false;

  constructor(settings: DirectorySettings, deps: DirectoryDeps) {
    this.limits = { ...DEFAULT_TIMEOUTS, ...settings.timeouts };
    this.#settings = settings;
    this.#deps = deps;
  }

  /** For writes, and for the reads that belong to them. @throws {ConnectionFailure} */
  withWriter<T>(use: (session: Session) => Promise<T>): Promise<T> {
    return this.#with(() => this.#acquireWriter(), use);
  }

  /** For reads alone. @throws {ConnectionFailure} */
  withReader<T>(use: (session: Session) => Promise<T>): Promise<T> {
    return this.#with(() => this.#acquireReader(), use);
  }

  /** For resolving a lost write: versions compare only within one controller's database. @throws {ConnectionFailure} */
  withController<T>(host: string, use: (session: Session) => Promise<T>): Promise<T> {
    return this.#with(() => this.#acquire(host), use);
  }

  /** A session of its own for a long run of pages; the caller closes its connection. @throws {ConnectionFailure} */
  async openReader(): Promise<Session> {
    const host = await this.withReader(async (session) => session.connection.endpoint.host);
    let connection: LdapConnection | undefined;
    try {
      connection = await this.#open(host);
      const now = this.#deps.clock.now();
      return { connection, facts: await readControllerFacts(connection), openedAt: now, provenAt: now };
    } catch (error) {
      connection?.close();
      throw connectionFailureOf(error, host);
    }
  }

  close(): void {
    this.#closed = true;
    for (const pool of this.#pools.values()) pool.close();
  }

  /**
   * A kept connection may turn out to be dead at its first use. Nothing has happened then, so a fresh one gets
   * one more try; `use` turns losses of its writes into outcomes and so never comes here with one.
   */
  async #with<T>(acquire: () => Promise<Session>, use: (session: Session) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      if (this.#closed) throw new DirectoryError('ERR_DIRECTORY_CLOSED', 'The directory is closed.');
      const session = await acquire();
      try {
        return await use(session);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        session.connection.close();
        if (attempt > 1) throw connectionFailureOf(error, session.connection.endpoint.host);
      } finally {
        this.#release(session);
      }
    }
  }

  async #acquireWriter(): Promise<Session> {
    let failure: ConnectionFailure | undefined;
    if (!this.#emulator || !this.#resting(this.#emulator) || !this.#settings.otherWritableController)
      try {
        return await this.#acquireEmulator();
      } catch (error) {
        failure = connectionFailureOf(error, this.#emulator);
      }
    if (this.#settings.otherWritableController)
      for (const host of await this.#knownHosts())
        try {
          const session = await this.#acquire(host);
          if (!session.facts.readOnly) return session;
          this.#release(session);
          failure ??= new ConnectionFailure('readOnlyController', host);
        } catch (error) {
          failure ??= connectionFailureOf(error, host);
        }
    throw failure ?? new ConnectionFailure('nameUnknown', undefined);
  }

  async #acquireEmulator(): Promise<Session> {
    let failure: ConnectionFailure | undefined;
    const known = this.#emulator;
    if (known)
      try {
        return this.#atEmulator(await this.#proven(await this.#acquire(known)));
      } catch (error) {
        // A kept connection that died says little about the controller: only a new one's failure counts.
        if (error instanceof ConnectionFailure) failure = error;
        this.#warnOnce(connectionFailureOf(error, known));
      }
    const tried = failure ? known : undefined;
    for (const host of await this.#emulatorHosts())
      try {
        // Not the same one again, where somebody else can take the write.
        const tiring = this.#settings.otherWritableController && this.#resting(host);
        if (tiring) throw new ConnectionFailure('noAnswerInTime', host);
        if (host !== tried) return this.#atEmulator(await this.#proven(await this.#acquire(host)));
      } catch (error) {
        failure ??= connectionFailureOf(error, host);
      }
    throw failure ?? new ConnectionFailure('nameUnknown', undefined);
  }

  /** Once for each failure, not once for each request that meets it. */
  #warnOnce(failure: ConnectionFailure): void {
    const { controller, reason } = failure;
    if (this.#warned === `${controller} ${reason}`) return;
    this.#warned = `${controller} ${reason}`;
    this.#deps.log.warn({ controller, reason }, 'The PDC emulator cannot be used; looking for it again.');
  }

  /** The session itself if it is at the emulator; else one at the role's owner. */
  async #proven(session: Session): Promise<Session> {
    const owner = await this.#orRelease(session, async () => {
      if (await this.#isEmulatorNow(session, PROOF_MS)) return undefined;
      return (await ownerHost(session)) ?? null;
    });
    if (owner === undefined) return session;
    this.#release(session);
    if (owner === null) throw new ConnectionFailure('notTheEmulator', session.connection.endpoint.host);
    const followed = await this.#acquire(owner);
    if (await this.#orRelease(followed, () => this.#isEmulatorNow(followed, 0))) return followed;
    this.#release(followed);
    throw new ConnectionFailure('notTheEmulator', owner);
  }

  #atEmulator(session: Session): Session {
    const { host } = session.connection.endpoint;
    if (host !== this.#emulator)
      this.#deps.log.info({ controller: host }, 'Passwords go to this PDC emulator.');
    this.#emulator = host;
    this.#warned = undefined;
    return session;
  }

  /** A kept session remembers who had the role; a "no" is never believed from memory. */
  async #isEmulatorNow(session: Session, memoryMs: number): Promise<boolean> {
    const now = this.#deps.clock.now();
    if (isEmulator(session) && Math.abs(now - session.provenAt) < memoryMs) return true;
    const head = await session.connection.read(session.facts.baseDn, ['fSMORoleOwner']);
    session.facts = { ...session.facts, roleOwner: (head && textOf(head, 'fSMORoleOwner')) ?? '' };
    session.provenAt = now;
    return isEmulator(session);
  }

  async #orRelease<T>(session: Session, use: () => Promise<T>): Promise<T> {
    try {
      return await use();
    } catch (error) {
      session.connection.close();
      this.#release(session);
      throw error;
    }
  }

  async #acquireReader(): Promise<Session> {
    const pinned = this.#settings.controllers ?? [];
    const hosts =
      pinned.length > 0
        ? pinned
        : [...(this.#emulator ? [this.#emulator] : []), ...(await this.#knownHosts())];
    let failure: ConnectionFailure | undefined;
    for (const host of this.#restedFirst(hosts))
      try {
        return await this.#acquire(host);
      } catch (error) {
        failure ??= connectionFailureOf(error, host);
      }
    throw failure ?? new ConnectionFailure('nameUnknown', undefined);
  }

  async #acquire(host: string): Promise<Session> {
    try {
      const session = await this.#pool(host).acquire();
      this.#restUntil.delete(host);
      return session;
    } catch (error) {
      const failure = connectionFailureOf(error, host);
      this.#rest(host);
      throw failure;
    }
  }

  #release(session: Session): void {
    const { connection } = session;
    const pool = this.#pools.get(connection.endpoint.host);
    if (connection.timedOut) {
      this.#rest(connection.endpoint.host);
      pool?.dropIdle();
    }
    pool?.release(session);
  }

  #pool(host: string): SessionPool {
    const known = this.#pools.get(host);
    if (known) return known;
    const pool = new SessionPool(
      { open: () => this.#open(host), clock: this.#deps.clock },
      { size: this.#settings.poolSize ?? DEFAULT_POOL_SIZE, queue: this.limits.queue },
    );
    this.#pools.set(host, pool);
    return pool;
  }

  async #open(host: string): Promise<LdapConnection> {
    const { account, ca } = this.#settings;
    const endpoint = await locateEndpoint(this.#settings, host, this.limits);
    return LdapConnection.open(endpoint, account, ca, this.limits);
  }

  async #emulatorHosts(): Promise<string[]> {
    const pinned = this.#settings.controllers ?? [];
    if (pinned.length > 0) return this.#restedFirst(pinned);
    return this.#locate(EMULATOR_RECORD);
  }

  async #knownHosts(): Promise<string[]> {
    const pinned = this.#settings.controllers ?? [];
    return this.#restedFirst(pinned.length > 0 ? pinned : await this.#locate(CONTROLLERS_RECORD));
  }

  async #locate(record: string): Promise<string[]> {
    try {
      return await locateHosts(this.#settings, record + this.#settings.domain, this.limits);
    } catch (error) {
      throw connectionFailureOf(error, undefined);
    }
  }

  #restedFirst(hosts: readonly string[]): string[] {
    const awake = hosts.filter((host) => !this.#resting(host));
    return [...awake, ...hosts.filter((host) => this.#resting(host))];
  }

  #rest(host: string): void {
    this.#restUntil.set(host, this.#deps.clock.now() + REST_MS);
  }

  #resting(host: string): boolean {
    return (this.#restUntil.get(host) ?? 0) > this.#deps.clock.now();
  }
}

export function isEmulator(session: Session): boolean {
  return session.facts.roleOwner.toLowerCase() === session.facts.dsServiceName.toLowerCase();
}

/** NTDS Settings lies below its server object, which has the controller's DNS name ([MS-ADTS] 6.1.1.2.2.1.2.1). */
async function ownerHost(session: Session): Promise<string | undefined> {
  const server = session.facts.roleOwner.replace(/^CN=NTDS Settings,/i, '');
  const entry = await session.connection.read(server, ['dNSHostName']);
  return entry && textOf(entry, 'dNSHostName')?.toLowerCase();
}
