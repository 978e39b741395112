import { fromBase64url, toBase64url } from '@homeward/protocol/bytes';
import { closeReasonOf } from '@homeward/protocol/close-code';
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
  identityKey: CryptoKey;
  credential: { get: () => Promise<Secret<string>>; discard: () => void };
  /** serves one frame; whatever it answers goes back on the link that is open then */
  serve: (frame: Uint8Array) => Promise<Uint8Array | undefined>;
  onReady: (relayTime: number) => void;
  random: () => number;
  log: AgentLog;
};

/** The relay pings every 45 s; two missed ones and a margin mean a dead connection that nobody closed. */
const SILENCE_LIMIT = 100_000;
const RENEW_EVERY = 5 * 60_000;

export type LinkState = 'connecting' | 'connected' | 'waiting' | 'stopped';

/** One outbound connection to the relay, made again for ever until it is stopped. */
export class RelayLink {
  readonly #deps: RelayLinkDeps;
  readonly #audience: string;
  #state: LinkState = 'waiting';
  #socket: WebSocket | undefined;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #renewal: NodeJS.Timeout | undefined;

  constructor(deps: RelayLinkDeps) {
    this.#deps = deps;
    this.#audience = new URL(deps.relayUrl).origin;
  }

  get state(): LinkState {
    return this.#state;
  }

  start(): void {
    this.#connect().catch((error: unknown) => this.#again('cannot connect', error));
  }

  stop(): void {
    this.#state = 'stopped';
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
    this.#state = 'connecting';
    const credential = (await this.#deps.credential.get()).reveal();
    if (this.#isStopped()) return;
    const socket = new WebSocket(this.#deps.relayUrl, {
      headers: { authorization: `Bearer ${credential}` },
      maxPayload: MAX_FRAME_SIZE,
      perMessageDeflate: false,
      handshakeTimeout: 10_000,
      followRedirects: false,
    });
    this.#socket = socket;
    this.#watchSilence(socket);
    socket.on('ping', () => this.#watchSilence(socket));
    socket.on('unexpected-response', (_request, response) => {
      if (response.statusCode === 401) this.#deps.credential.discard();
      socket.terminate();
      this.#again(`the relay answered HTTP ${response.statusCode}`);
    });
    socket.on('error', (error) => this.#again('the connection failed', error));
    socket.on('close', (code) => {
      const reason = closeReasonOf(code);
      if (reason === 'restarting' || reason === 'credentialExpired') this.#failures = 0;
      if (reason === 'unauthenticated' || reason === 'credentialExpired') this.#deps.credential.discard();
      this.#again(`the relay closed the link: ${reason ?? code}`);
    });
    socket.on('message', (data: Buffer, isBinary) => {
      this.#watchSilence(socket);
      if (isBinary) this.#serve(new Uint8Array(data));
      else
        this.#receive(socket, data.toString('utf8'), credential).catch((error: unknown) =>
          this.#refuse(socket, error),
        );
    });
  }

  #serve(frame: Uint8Array): void {
    this.#deps
      .serve(frame)
      .then((reply) => {
        if (reply !== undefined && !this.send(reply))
          this.#deps.log.warn({}, 'a reply waits: no link to the relay');
      })
      .catch((error: unknown) =>
        this.#deps.log.error({ event: EVENTS.unknownError, err: error }, 'a request could not be served'),
      );
  }

  async #receive(socket: WebSocket, text: string, credential: string): Promise<void> {
    const message = JSON.parse(text) as RelayMessage;
    if (message.type === 'challenge') {
      if (message.audience !== this.#audience) throw new Error(`the relay calls itself ${message.audience}`);
      const { agentId, identityKey } = this.#deps;
      const binding = { audience: this.#audience, nonce: fromBase64url(message.nonce), agentId, credential };
      this.#say(socket, {
        type: 'answer',
        signature: toBase64url(await signChallenge(binding, identityKey)),
      });
      return;
    }
    if (message.type !== 'ready') throw new Error('the relay said something unknown');
    this.#state = 'connected';
    this.#failures = 0;
    this.#renewal = setInterval(() => this.#renew(socket), RENEW_EVERY);
    this.#deps.log.info({ relay: this.#audience }, 'connected to the relay');
    this.#deps.onReady(message.time);
  }

  #renew(socket: WebSocket): void {
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
    this.#silence = setTimeout(() => socket.terminate(), SILENCE_LIMIT);
  }

  #again(why: string, error?: unknown): void {
    if (this.#isStopped() || this.#state === 'waiting') return;
    this.#state = 'waiting';
    this.#clearTimers();
    const wait = backoff(this.#failures, this.#deps.random());
    this.#failures += 1;
    const fields = {
      event: EVENTS.relayLinkError,
      retryInMs: wait,
      ...(error !== undefined && { err: error }),
    };
    this.#deps.log.warn(fields, `${why}; trying again`);
    this.#retry = setTimeout(() => this.start(), wait);
  }

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }

  #clearTimers(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    clearInterval(this.#renewal);
  }
}
