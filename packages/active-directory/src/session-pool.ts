import { type ControllerFacts, readControllerFacts } from './controller-facts.ts';
import { ConnectionLost, DirectoryError } from './errors.ts';
import type { LdapConnection } from './ldap-connection.ts';
import type { Clock } from './settings.ts';

/** A bound connection and what its controller said when it was opened. `provenAt`: Unix ms of `roleOwner`. */
export type Session = {
  connection: LdapConnection;
  facts: ControllerFacts;
  openedAt: number;
  provenAt: number;
};

/**
 * A session's token holds the groups that the account had when it was bound, and controllers close connections
 * that idle for 15 minutes (MaxConnIdleTime, [MS-ADTS] 3.1.1.3.4.6), so sessions are retired before that.
 */
const MAX_AGE_MS = 10 * 60_000;

type PoolDeps = { open: () => Promise<LdapConnection>; clock: Clock };
type Waiter = {
  resolve: (session: Session) => void;
  reject: (error: unknown) => void;
  timer: NodeJS.Timeout;
};

/** The few connections to one controller. One holder at a time each, the most recently used first. */
export class SessionPool {
  readonly #deps: PoolDeps;
  readonly #size: number;
  readonly #queueLimit: number;
  readonly #idle: Session[] = [];
  readonly #waiters: Waiter[] = [];
  #open = 0;
  #closed = false;

  constructor(deps: PoolDeps, limits: { size: number; queue: number }) {
    this.#deps = deps;
    this.#size = limits.size;
    this.#queueLimit = limits.queue;
  }

  /** @throws what opening throws, and {@link ConnectionLost} (timeout, not sent) where none came free in time */
  async acquire(): Promise<Session> {
    if (this.#closed) throw new DirectoryError('ERR_DIRECTORY_CLOSED', 'The directory is closed.');
    for (let session = this.#idle.pop(); session; session = this.#idle.pop()) {
      if (this.#usable(session)) return session;
      this.#drop(session);
    }
    if (this.#open < this.#size) return this.#openOne();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        resolve,
        reject,
        timer: setTimeout(() => {
          this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
          reject(new ConnectionLost('timeout', false));
        }, this.#queueLimit),
      };
      this.#waiters.push(waiter);
    });
  }

  release(session: Session): void {
    if (!this.#closed && this.#usable(session)) {
      const waiter = this.#nextWaiter();
      if (waiter) waiter.resolve(session);
      else this.#idle.push(session);
      return;
    }
    this.#drop(session);
    const waiter = this.#nextWaiter();
    if (waiter) this.#openOne().then(waiter.resolve, waiter.reject);
  }

  /** The kept connections may all be as dead as the one that did not answer: they are not tried one by one. */
  dropIdle(): void {
    for (const session of this.#idle.splice(0)) this.#drop(session);
  }

  close(): void {
    this.#closed = true;
    this.dropIdle();
    for (let waiter = this.#nextWaiter(); waiter; waiter = this.#nextWaiter())
      waiter.reject(new DirectoryError('ERR_DIRECTORY_CLOSED', 'The directory is closed.'));
  }

  async #openOne(): Promise<Session> {
    this.#open++;
    let connection: LdapConnection | undefined;
    try {
      connection = await this.#deps.open();
      const facts = await readControllerFacts(connection);
      const now = this.#deps.clock.now();
      return { connection, facts, openedAt: now, provenAt: now };
    } catch (error) {
      this.#open--;
      connection?.close();
      // Whoever waits would wait for the same failure: each finds out by its own attempt.
      const waiter = this.#nextWaiter();
      if (waiter) this.#openOne().then(waiter.resolve, waiter.reject);
      throw error;
    }
  }

  #usable(session: Session): boolean {
    const age = this.#deps.clock.now() - session.openedAt;
    return session.connection.alive && age >= 0 && age < MAX_AGE_MS;
  }

  #drop(session: Session): void {
    this.#open--;
    session.connection.close();
  }

  #nextWaiter(): Waiter | undefined {
    const waiter = this.#waiters.shift();
    if (waiter) clearTimeout(waiter.timer);
    return waiter;
  }
}
