import type { Agent } from 'node:http';
import { fromBase64url, toBase64url } from '@homeward/protocol/bytes';
import { CLOSE_CODES, closeReasonOf, MOST_FORGED } from '@homeward/protocol/close-code';
import { EVENTS } from '@homeward/protocol/event';
import { MAX_FRAME_SIZE } from '@homeward/protocol/frame';
import { type AgentMessage, type RelayMessage, signChallenge } from '@homeward/protocol/relay-session';
import type { Secret } from '@homeward/protocol/secret';
import { WebSocket } from 'ws';
import type { AgentLog } from '../log.ts';
import { backoff } from './backoff.ts';

export type RelayLinkDeps = {
  relayUrl: string;
  agentId: string;
  /** asked for at each challenge: keys roll over while the agent runs */
  identityKey: () => CryptoKey;
  credential: { get: () => Promise<Secret<string>>; discard: () => void };
  /** `onForged` is to be called where the frame does not open: of a relay that forges, the link is closed */
  receive: (frame: Uint8Array, onForged: () => void) => void;
  onReady: (relayTime: number) => void;
  /** after every change of state; `problem` is why it is not connected, for operators */
  onChange?: (state: LinkState, problem?: string) => void;
  /** ms; also the relay pings, but a path that is dead in one direction only is noticed by who pings */
  pingEvery: number;
  /** ms added to every wait, so that two links do not come back in the same instant */
  stagger?: number;
  /** opens the connection, where the way leads through a proxy */
  socketAgent?: Agent | undefined;
  random: () => number;
  log: AgentLog;
};

/** Intervals without a sign of life: two unanswered pings mean a dead connection that nobody closed. */
const SILENT_PINGS = 2.25;
const RENEW_EVERY = 5 * 60_000;

export type LinkState = 'connecting' | 'connected' | 'waiting' | 'stopped';

/** One outbound connection to the relay, made again for ever until it is stopped. */
export class RelayLink {
  readonly #deps: RelayLinkDeps;
  readonly #audience: string;
  #state: LinkState = 'waiting';
  #socket: WebSocket | undefined;
  #failures = 0;
  /** links in a row that ended in forged packages */
  #forgers = 0;
  #retry: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #pings: NodeJS.Timeout | undefined;
  #told: string | undefined;

  constructor(deps: RelayLinkDeps) {
    this.#deps = deps;
    this.#audience = new URL(deps.relayUrl).origin;
  }

  get state(): LinkState {
    return this.#state;
  }

  start(): void {
    clearTimeout(this.#retry);
    this.#connect().catch((error: unknown) => this.#again('cannot connect', error));
  }

  stop(): void {
    this.#enter('stopped');
    this.#clearTimers();
    this.#socket?.close(1000);
    const socket = this.#socket;
    setTimeout(() => socket?.terminate(), 1_000).unref();
  }

  /** @returns false when no link is open; the caller keeps what it wanted to say */
  send(frame: Uint8Array): boolean {
    if (this.#state !== 'connected' || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(frame, { binary: true });
    return true;
  }

  async #connect(): Promise<void> {
    this.#socket = undefined;
    this.#enter('connecting');
    const credential = (await this.#deps.credential.get()).reveal();
    if (this.#isStopped()) return;
    const socket = new WebSocket(this.#deps.relayUrl, {
      headers: { authorization: `Bearer ${credential}` },
      maxPayload: MAX_FRAME_SIZE,
      perMessageDeflate: false,
      handshakeTimeout: 10_000,
      followRedirects: false,
      ...(this.#deps.socketAgent && { agent: this.#deps.socketAgent }),
    });
    this.#socket = socket;
    this.#watchSilence(socket);
    // Late words of a socket that was given up must not end the next one.
    const again = (why: string, error?: unknown) => {
      if (this.#socket === socket) this.#again(why, error);
    };
    socket.on('ping', () => this.#watchSilence(socket));
    socket.on('pong', () => this.#watchSilence(socket));
    socket.on('unexpected-response', (_request, response) => {
      if (response.statusCode === 401) this.#deps.credential.discard();
      socket.terminate();
      again(`the relay answered HTTP ${response.statusCode}`);
    });
    socket.on('error', (error) => again('the connection failed', error));
    socket.on('close', (code) => {
      if (this.#socket !== socket) return;
      const reason = closeReasonOf(code);
      if (reason === 'restarting' || reason === 'credentialExpired') this.#failures = 0;
      if (reason === 'unauthenticated' || reason === 'credentialExpired') this.#deps.credential.discard();
      again(`the link was closed: ${reason ?? code}`);
    });
    let forged = 0;
    const onForged = () => {
      forged += 1;
      if (forged === MOST_FORGED && this.#socket === socket) this.#leave(socket);
    };
    socket.on('message', (data: Buffer, isBinary) => {
      if (forged >= MOST_FORGED) return;
      this.#watchSilence(socket);
      if (isBinary) this.#deps.receive(new Uint8Array(data), onForged);
      else
        this.#receive(socket, data.toString('utf8'), credential).catch((error: unknown) =>
          this.#refuse(socket, error),
        );
    });
  }

  async #receive(socket: WebSocket, text: string, credential: string): Promise<void> {
    const message = JSON.parse(text) as RelayMessage;
    if (message.type === 'challenge') {
      if (message.audience !== this.#audience) throw new Error(`the relay calls itself ${message.audience}`);
      const { agentId, identityKey } = this.#deps;
      const binding = { audience: this.#audience, nonce: fromBase64url(message.nonce), agentId, credential };
      this.#say(socket, {
        type: 'answer',
        signature: toBase64url(await signChallenge(binding, identityKey())),
      });
      return;
    }
    if (message.type !== 'ready') throw new Error('the relay said something unknown');
    // Stopped since it answered, or given up: a link that is made of it now would be open for ever.
    if (this.#socket !== socket || this.#state !== 'connecting') return;
    this.#failures = 0;
    this.#told = undefined;
    this.#renewal = setInterval(() => this.#renew(socket), RENEW_EVERY);
    this.#pings = setInterval(() => socket.ping(), this.#deps.pingEvery);
    this.#enter('connected');
    this.#deps.log.info({ relay: this.#audience }, 'connected to the relay');
    this.#deps.onReady(message.time);
  }

  /** Each time later, because proving its key again costs such a relay nothing. */
  #leave(socket: WebSocket): void {
    socket.close(CLOSE_CODES.forgedPackages, 'forgedPackages');
    setTimeout(() => socket.terminate(), 1_000).unref();
    this.#failures = this.#forgers;
    this.#forgers += 1;
    this.#again('the link was closed: forgedPackages');
  }

  #renew(socket: WebSocket): void {
    this.#forgers = 0;
    this.#deps.credential
      .get()
      .then((fresh) => this.#say(socket, { type: 'credential', credential: fresh.reveal() }))
      .catch((error: unknown) =>
        this.#deps.log.warn({ event: EVENTS.credentialError, err: error }, 'the credential was not renewed'),
      );
  }

  #say(socket: WebSocket, message: AgentMessage): void {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  #refuse(socket: WebSocket, error: unknown): void {
    this.#again('this is no relay of ours', error);
    socket.terminate();
  }

  #watchSilence(socket: WebSocket): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => socket.terminate(), SILENT_PINGS * this.#deps.pingEvery);
  }

  #again(why: string, error?: unknown): void {
    if (this.#isStopped() || this.#state === 'waiting') return;
    this.#clearTimers();
    const wait = backoff(this.#failures, this.#deps.random()) + (this.#deps.stagger ?? 0);
    this.#failures += 1;
    const problem = error instanceof Error ? `${why}: ${error.message}` : why;
    const fields = {
      event: EVENTS.relayLinkError,
      retryInMs: wait,
      ...(error !== undefined && { err: error }),
    };
    // The same trouble again is no news: a night without a network is one line, not a thousand.
    this.#deps.log[this.#told === problem ? 'debug' : 'warn'](fields, `${why}; trying again`);
    this.#told = problem;
    this.#enter('waiting', problem);
    this.#retry = setTimeout(() => this.start(), wait);
  }

  #enter(state: LinkState, problem?: string): void {
    this.#state = state;
    this.#deps.onChange?.(state, problem);
  }

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }

  #clearTimers(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    clearInterval(this.#renewal);
    clearInterval(this.#pings);
  }
}
