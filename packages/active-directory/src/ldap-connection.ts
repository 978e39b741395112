import { isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Secret } from '@homeward/protocol/secret';
import {
  type Change,
  Client,
  type Control,
  type Filter,
  MessageParserError,
  ResultCodeError,
  type SearchOptions,
} from 'ldapts';
import { type DirectoryEntry, entryOf } from './entry.ts';
import { ConnectionLost, LdapRefusal } from './errors.ts';
import type { Endpoint } from './locate-controllers.ts';
import type { Timeouts } from './settings.ts';

export type Search = {
  base: string;
  scope?: 'base' | 'one' | 'sub';
  /** text cannot hold bytes that are no UTF-8, such as those of a GUID */
  filter?: string | Filter;
  /** names as the schema spells them: all values are taken as bytes by these names */
  attributes: readonly string[];
  controls?: readonly Control[];
  /** asked while a write on this connection is under way: then it may take as long as that */
  behindWrite?: boolean;
};

/**
 * One LDAPS connection: verified by name, bound, every operation limited. It ends once and for all: ldapts would
 * connect again by itself, without a bind, so its way to a second socket is closed here.
 */
export class LdapConnection {
  readonly endpoint: Endpoint;
  readonly #client: Client;
  readonly #socket: TLSSocket;
  readonly #limits: Timeouts;
  #timedOut = false;

  private constructor(endpoint: Endpoint, socket: TLSSocket, limits: Timeouts) {
    let handedOver = false;
    this.endpoint = endpoint;
    this.#socket = socket;
    this.#limits = limits;
    this.#client = new Client({
      url: 'ldaps://localhost',
      createSecureConnection: () => {
        if (handedOver) throw new ConnectionLost('closed', false);
        handedOver = true;
        return socket;
      },
    });
  }

  /** @throws Node's TLS and socket errors, {@link ConnectionLost}, and {@link LdapRefusal} of the bind */
  static async open(
    endpoint: Endpoint,
    account: { userPrincipalName: string; password: Secret<string> },
    ca: string | undefined,
    limits: Timeouts,
  ): Promise<LdapConnection> {
    const socket = await openSocket(endpoint, ca, limits.connect);
    const connection = new LdapConnection(endpoint, socket, limits);
    try {
      await connection.bind(account.userPrincipalName, account.password);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get alive(): boolean {
    return !this.#socket.destroyed && this.#socket.readyState === 'open';
  }

  /** An operation ran out of time: the controller may hang, or the way to it drops what is sent. */
  get timedOut(): boolean {
    return this.#timedOut;
  }

  bind(name: string, password: Secret<string>): Promise<void> {
    return this.#limited('bind', this.#limits.bind, () => this.#client.bind(name, password.reveal()));
  }

  async search(search: Search): Promise<DirectoryEntry[]> {
    const limit = search.behindWrite ? this.#limits.read + this.#limits.write : this.#limits.read;
    const found = await this.#limited('search', limit, () =>
      this.#client.search(search.base, optionsOf(search), [...(search.controls ?? [])]),
    );
    return found.searchEntries.map(entryOf);
  }

  /** The object itself; undefined where it does not exist or may not be read. */
  async read(
    base: string,
    attributes: readonly string[],
    controls: readonly Control[] = [],
    behindWrite = false,
  ) {
    try {
      const [entry] = await this.search({ base, scope: 'base', attributes, controls, behindWrite });
      return entry;
    } catch (error) {
      if (error instanceof LdapRefusal && error.result === NO_SUCH_OBJECT) return undefined;
      throw error;
    }
  }

  /** Pages by RFC 2696. The cookie belongs to this connection. */
  async *pages(search: Search, size: number): AsyncGenerator<DirectoryEntry[]> {
    const pages = this.#client.searchPaginated(
      search.base,
      { ...optionsOf(search), paged: { pageSize: size } },
      [...(search.controls ?? [])],
    );
    while (true) {
      const page = await this.#limited('search', this.#limits.read, () => pages.next());
      if (page.done) return;
      yield page.value.searchEntries.map(entryOf);
    }
  }

  modify(dn: string, changes: readonly Change[], controls: readonly Control[] = []): Promise<void> {
    return this.#limited('modify', this.#limits.write, () =>
      this.#client.modify(dn, [...changes], [...controls]),
    );
  }

  close(): void {
    if (this.alive) this.#client.unbind().catch(() => this.#socket.destroy());
    else this.#socket.destroy();
  }

  /**
   * A connection on which an operation ran out of time is never used again: its late answer would be taken for
   * the next operation's silence.
   */
  async #limited<T>(
    request: 'bind' | 'search' | 'modify',
    limit: number,
    operation: () => Promise<T>,
  ): Promise<T> {
    if (!this.alive) throw new ConnectionLost('closed', false);
    const timer = setTimeout(() => {
      this.#timedOut = true;
      this.#socket.destroy();
    }, limit);
    try {
      return await operation();
    } catch (error) {
      if (error instanceof ConnectionLost) throw error;
      if (error instanceof ResultCodeError)
        // ldapts appends its own words to the controller's.
        throw new LdapRefusal(error.code, error.message.replace(/ Code: 0x[0-9a-f]+$/, ''), {
          request,
          cause: error,
        });
      // Half an answer, or none: whatever this was, the connection has lost its place.
      if (error instanceof MessageParserError) this.#socket.destroy();
      if (this.alive) throw error;
      throw new ConnectionLost(this.#timedOut ? 'timeout' : 'closed', true, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}

const NO_SUCH_OBJECT = 32;

function optionsOf(search: Search): SearchOptions {
  return {
    scope: search.scope ?? 'sub',
    ...(search.filter === undefined ? {} : { filter: search.filter }),
    attributes: [...search.attributes],
    explicitBufferAttributes: [...search.attributes],
  };
}

async function openSocket(endpoint: Endpoint, ca: string | undefined, limit: number): Promise<TLSSocket> {
  let failure: unknown = new ConnectionLost('closed', false);
  for (const address of endpoint.addresses)
    try {
      return await openSocketAt(address, endpoint, ca, limit);
    } catch (error) {
      failure = error;
    }
  throw failure;
}

function openSocketAt(address: string, endpoint: Endpoint, ca: string | undefined, limit: number) {
  return new Promise<TLSSocket>((resolve, reject) => {
    const socket = connectTls({
      host: address,
      port: endpoint.port,
      // The name, not the address, is what the certificate is checked for.
      ...(isIP(endpoint.host) === 0 ? { servername: endpoint.host } : {}),
      ...(ca === undefined ? {} : { ca }),
      minVersion: 'TLSv1.2',
    });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new ConnectionLost('timeout', false));
    }, limit);
    const closed = () => {
      clearTimeout(timer);
      reject(new ConnectionLost('closed', false));
    };
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once('close', closed);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.off('close', closed);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 30_000);
      resolve(socket);
    });
  });
}
