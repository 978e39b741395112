import type { AddressInfo } from 'node:net';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Turns of the event loop in which what is under way in this process comes through a few sockets of its own. */
const TURNS = 20;

/**
 * A cable that can be pulled: passes TCP connections on to a target, and can refuse them, or keep them open and
 * pass nothing; or end what is idle, as proxies do. What it passed can be recorded.
 */
export class TcpGate {
  readonly #target: { host: string; port: number };
  readonly #server: Server;
  readonly #pairs = new Set<{ near: Socket; far: Socket }>();
  #mode: 'open' | 'closed' | 'frozen' = 'open';
  #record: ((connection: number, direction: 'in' | 'out', bytes: Buffer) => void) | undefined;
  #connections = 0;
  #idleLimit: number | undefined;
  #cut = 0;
  #passed = 0;

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer((near) => this.#accept(near));
  }

  /**
   * @param options where to listen, loopback and a free port by default; and ms after which a connection is cut over
   *   which nothing went, counted from the target's first answer
   */
  static async open(
    target: { host: string; port: number },
    options: { host?: string; port?: number; idleLimit?: number } = {},
  ): Promise<TcpGate> {
    const gate = new TcpGate(target);
    gate.#idleLimit = options.idleLimit;
    const { host = '127.0.0.1', port = 0 } = options;
    await new Promise<void>((resolve, reject) => {
      gate.#server.once('error', reject);
      gate.#server.listen(port, host, resolve);
    });
    return gate;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections were cut because they were idle. */
  get cut(): number {
    return this.#cut;
  }

  /** Bytes that went through so far. */
  get passed(): number {
    return this.#passed;
  }

  /** Ends what is connected and refuses what comes. */
  close(): void {
    this.#mode = 'closed';
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.destroy();
  }

  /** Keeps connections and accepts new ones, and passes nothing until it is opened again. */
  freeze(): void {
    this.#mode = 'frozen';
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.pause();
  }

  reopen(): void {
    this.#mode = 'open';
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.resume();
  }

  record(take: (connection: number, direction: 'in' | 'out', bytes: Buffer) => void): void {
    this.#record = take;
  }

  async stop(): Promise<void> {
    this.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(near: Socket): void {
    if (this.#mode === 'closed') {
      near.destroy();
      return;
    }
    const connection = this.#connections++;
    const far = createConnection(this.#target);
    const pair = { near, far };
    this.#pairs.add(pair);
    const passOn = (from: Socket, to: Socket, direction: 'in' | 'out') => {
      from.on('data', (bytes: Buffer) => {
        this.#passed += bytes.length;
        this.#record?.(connection, direction, bytes);
        to.write(bytes);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
      if (this.#mode === 'frozen') from.pause();
    };
    passOn(near, far, 'in');
    passOn(far, near, 'out');
    if (this.#idleLimit !== undefined) this.#cutWhenIdle(pair, this.#idleLimit);
  }

  /**
   * Nothing came in time, and nothing lies in this process's own sockets either: where it stood still itself, all of its
   * clocks run out before anything is read.
   */
  #cutWhenIdle({ near, far }: { near: Socket; far: Socket }, limit: number): void {
    let heard = 0;
    for (const socket of [near, far]) socket.on('data', () => heard++);
    const look = async () => {
      const before = heard;
      for (let turn = 0; turn < TURNS; turn++) await nextTurn();
      if (heard !== before || near.destroyed) return;
      this.#cut++;
      near.destroy();
      far.destroy();
    };
    // Of one side, and counting both directions.
    far.once('data', () => near.setTimeout(limit, () => void look()));
  }
}
