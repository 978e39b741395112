import { fromBase64url, randomBytes, toBase64url } from '@homeward/protocol/bytes';
import { CLOSE_CODES, type CloseReason, MOST_FORGED } from '@homeward/protocol/close-code';
import { ProtocolError } from '@homeward/protocol/errors';
import { decodeFrameHeader, FROM_AGENT, type FrameHeader } from '@homeward/protocol/frame';
import {
  type AgentMessage,
  AUTHENTICATION_LIMIT,
  MAX_SESSION_MESSAGE,
  NONCE_SIZE,
  type RelayMessage,
  verifyChallenge,
} from '@homeward/protocol/relay-session';
import type { RawData, WebSocket } from 'ws';
import type { Credential } from './credential.ts';

/** Proxies cut connections that are idle for two minutes; two pings fit in one. */
const PING_EVERY = 45_000;

/** One ready connection of an agent, for whoever decides what may go over it. */
export type AgentLink = Pick<Session, 'agentId' | 'isReady' | 'answers' | 'noteForged'>;

export type SessionEvents = {
  /** asked when the key is proven: the agent may have been revoked since it dialled */
  mayEnter: (agentId: string) => boolean;
  ready: (session: Session) => void;
  frame: (header: FrameHeader, frame: Uint8Array) => void;
  closed: (session: Session, reason: CloseReason | 'peer') => void;
  /** a fresh credential for the same agent, or undefined */
  verify: (token: string) => Promise<Credential | undefined>;
};

/** One agent's connection: challenged first, then routed, until it errs, falls silent, or its credential ends. */
export class Session {
  readonly #socket: WebSocket;
  readonly #audience: string;
  readonly #events: SessionEvents;
  readonly #now: () => number;
  readonly #pingEvery: number;
  readonly #nonce = randomBytes(NONCE_SIZE);
  #credential: Credential;
  #state: 'challenged' | 'checking' | 'ready' | 'closed' = 'challenged';
  #reason: CloseReason | 'peer' = 'peer';
  #answered = true;
  #forged = 0;
  #deadline: NodeJS.Timeout;
  #pings: NodeJS.Timeout | undefined;

  constructor(
    socket: WebSocket,
    credential: Credential,
    settings: { audience: string; now: () => number; authenticationLimit?: number; pingEvery?: number },
    events: SessionEvents,
  ) {
    this.#socket = socket;
    this.#credential = credential;
    this.#audience = settings.audience;
    this.#now = settings.now;
    this.#pingEvery = settings.pingEvery ?? PING_EVERY;
    this.#events = events;
    const limit = settings.authenticationLimit ?? AUTHENTICATION_LIMIT;
    this.#deadline = setTimeout(() => this.close('authenticationTimeout'), limit);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => {
      this.#answered = true;
    });
    socket.on('error', (error) => {
      if ((error as NodeJS.ErrnoException).code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
        this.#reason = 'tooLarge';
    });
    socket.on('close', () => this.#end());
    this.#say({ type: 'challenge', nonce: toBase64url(this.#nonce), audience: this.#audience });
  }

  get agentId(): string {
    return this.#credential.agentId;
  }

  get tenantId(): string {
    return this.#credential.tenantId;
  }

  get isReady(): boolean {
    return this.#state === 'ready' && this.#socket.readyState === this.#socket.OPEN;
  }

  /** bytes handed to the socket that the network has not taken yet */
  get backlog(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Uint8Array): void {
    this.#socket.send(frame, { binary: true });
  }

  /**
   * Whether somebody is at the other end now. A link that says nothing for so long is given up.
   * @param within ms
   */
  answers(within: number): Promise<boolean> {
    if (!this.isReady) return Promise.resolve(false);
    // Its own pong alone counts: one to an earlier ping may have been on its way for long.
    const asked = randomBytes(8);
    const socket = this.#socket;
    return new Promise((resolve) => {
      const end = (isThere: boolean) => {
        clearTimeout(timer);
        socket.off('pong', hear).off('close', gone);
        resolve(isThere);
      };
      const hear = (heard: Uint8Array) => {
        if (Buffer.compare(asked, heard) === 0) end(true);
      };
      const gone = () => end(false);
      const timer = setTimeout(() => {
        this.close('silent');
        end(false);
      }, within);
      socket.on('pong', hear).on('close', gone).ping(asked);
    });
  }

  /** A package that came by this link does not open, as only whoever has the keys can tell. */
  noteForged(): void {
    this.#forged += 1;
    if (this.#forged >= MOST_FORGED) this.close('forgedPackages');
  }

  close(reason: CloseReason): void {
    if (this.#state === 'closed') return;
    this.#reason = reason;
    this.#socket.close(CLOSE_CODES[reason], reason);
    // a peer that never answers the closing handshake is not waited for
    setTimeout(() => this.#socket.terminate(), 2_000).unref();
    this.#end();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#state === 'closed') return;
    const bytes = Buffer.isBuffer(data) ? data : Buffer.concat([data].flat() as Buffer[]);
    if (isBinary) return this.#receiveFrame(bytes);
    // What is longer than any frame never gets here: the WebSocket itself ends there.
    if (this.#state !== 'ready' && bytes.length > MAX_SESSION_MESSAGE) return this.close('tooLarge');
    const message = parseMessage(bytes.toString('utf8'));
    if (message === undefined) return this.close('malformed');
    const handled =
      message.type === 'answer' ? this.#checkAnswer(message.signature) : this.#renew(message.credential);
    handled.catch(() => this.close('malformed'));
  }

  #receiveFrame(frame: Uint8Array): void {
    if (this.#state !== 'ready') return this.close('unauthenticated');
    try {
      const header = decodeFrameHeader(frame);
      if (header.agentId !== this.agentId) return this.close('forbidden');
      if (!FROM_AGENT.has(header.type)) return this.close('malformed');
      this.#events.frame(header, frame);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.close(error.code === 'ERR_FRAME_VERSION' ? 'unsupportedVersion' : 'malformed');
    }
  }

  async #checkAnswer(signature: string): Promise<void> {
    if (this.#state !== 'challenged') return this.close('malformed');
    this.#state = 'checking';
    const { agentId, identity, token } = this.#credential;
    const binding = { audience: this.#audience, nonce: this.#nonce, agentId, credential: token };
    const proven = await verifyChallenge(binding, fromBase64url(signature), identity);
    if (this.#state !== 'checking') return;
    if (!proven) return this.close('unauthenticated');
    if (!this.#events.mayEnter(agentId)) return this.close('forbidden');
    this.#state = 'ready';
    this.#endWith(this.#credential);
    this.#pings = setInterval(() => this.#ping(), this.#pingEvery);
    this.#say({ type: 'ready', time: this.#now() });
    this.#events.ready(this);
  }

  async #renew(token: string): Promise<void> {
    if (this.#state !== 'ready') return this.close('unauthenticated');
    const fresh = await this.#events.verify(token);
    if (this.#state !== 'ready') return;
    const same = fresh?.agentId === this.agentId && fresh.tenantId === this.tenantId;
    if (fresh === undefined || !same) return this.close('unauthenticated');
    this.#credential = fresh;
    this.#endWith(fresh);
  }

  #endWith({ expires }: Credential): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.close('credentialExpired'), Math.max(0, expires - this.#now()));
  }

  #ping(): void {
    if (!this.#answered) {
      this.close('silent');
      return;
    }
    this.#answered = false;
    this.#socket.ping();
  }

  #say(message: RelayMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  #end(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#deadline);
    clearInterval(this.#pings);
    this.#events.closed(this, this.#reason);
  }
}

function parseMessage(text: string): AgentMessage | undefined {
  try {
    const message = JSON.parse(text) as Partial<Record<string, unknown>> | null;
    const { type, signature, credential } = message ?? {};
    if (type === 'answer' && typeof signature === 'string') return { type, signature };
    if (type === 'credential' && typeof credential === 'string') return { type, credential };
  } catch {
    // fall through: what is no JSON is no message
  }
  return undefined;
}
