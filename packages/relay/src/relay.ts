/**
 * The relay: knows which agent is connected, and passes sealed frames between it and the cloud. It holds no key
 * that opens anything and stores nothing: a frame for an agent that is not here is refused at once.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type FrameHeader, MAX_FRAME_SIZE } from '@homeward/protocol/frame';
import type { Id } from '@homeward/protocol/id';
import { WebSocketServer } from 'ws';
import { type CredentialSettings, verifyCredential } from './credential.ts';
import { asksForIdle, IdleConnections } from './idle-connections.ts';
import { type AgentLink, Session } from './session.ts';

export type { CredentialSettings } from './credential.ts';
export type { AgentLink } from './session.ts';

/** connections that have not proven their key yet */
const MAX_UNPROVEN = 200;
const MAX_UNPROVEN_PER_ADDRESS = 20;
/** frames that may wait for a slow connection */
const MAX_BACKLOG = 64 * MAX_FRAME_SIZE;

export type RelayDeps = {
  now: () => number;
  log: RelayLog;
  /** a frame that the agent named in its header has sent, and the link that it came by */
  receive: (header: FrameHeader, frame: Uint8Array, link: AgentLink) => void;
  /** one more link of this agent is ready */
  connected?: (agentId: Id, link: AgentLink) => void;
  /** asked at every send: false, and nothing goes by this link but by `ask`. Without it, every ready link is used */
  isGenuine?: (link: AgentLink) => boolean;
  /** asked at every connection and every send, so that a revoked agent gets nothing more */
  isRevoked: (agentId: Id) => boolean;
};

export type RelaySettings = CredentialSettings & {
  /** ms to answer the challenge */
  authenticationLimit?: number;
  /** ms between two pings of a link: below the idle limit of what lies between */
  pingEvery?: number;
};

export type RelayLog = {
  info: (fields: object, message: string) => void;
  warn: (fields: object, message: string) => void;
};

export type Delivery = 'sent' | 'offline' | 'busy';

export class Relay {
  readonly #settings: RelaySettings;
  readonly #deps: RelayDeps;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_SIZE,
    perMessageDeflate: false,
  });
  readonly #sessions = new Map<Id, Set<Session>>();
  readonly #unproven = new Map<Session, string>();
  readonly #idle = new IdleConnections();

  constructor(settings: RelaySettings, deps: RelayDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  /** Takes over an HTTP upgrade. Without a good credential it answers 401 and never opens a WebSocket. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const address = request.socket.remoteAddress ?? '';
    if (this.#isCrowded(address)) return refuse(socket, 503, 'Service Unavailable');
    const token = /^Bearer ([\w.-]+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const credential = await verifyCredential(token, this.#settings, this.#deps.now());
    if (credential === undefined) return refuse(socket, 401, 'Unauthorized');
    if (this.#deps.isRevoked(credential.agentId)) return refuse(socket, 403, 'Forbidden');
    // Again: others came while the credential was verified.
    if (this.#isCrowded(address)) return refuse(socket, 503, 'Service Unavailable');
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      if (asksForIdle(request.url)) return this.#idle.hold(webSocket, credential.agentId);
      const session: Session = new Session(
        webSocket,
        credential,
        { ...this.#settings, now: this.#deps.now },
        {
          mayEnter: (agentId) => !this.#deps.isRevoked(agentId),
          ready: (ready) => this.#admit(ready),
          frame: (header, frame) => this.#deps.receive(header, frame, session),
          closed: (closed, reason) => this.#forget(closed, reason),
          verify: (fresh) => verifyCredential(fresh, this.#settings, this.#deps.now()),
        },
      );
      this.#unproven.set(session, address);
    });
  }

  /** Whether a frame would go out now: a link is ready, and genuine. */
  isConnected(agentId: Id): boolean {
    return this.#usable(agentId).length > 0;
  }

  /** Every ready link of this agent, genuine or not, the newest last. */
  linksTo(agentId: Id): AgentLink[] {
    return this.#ready(agentId);
  }

  /** How many links of this agent are ready; each is a way to it of its own. */
  linksOf(agentId: Id): number {
    return this.#ready(agentId).length;
  }

  /** Passes a frame to the agent's newest genuine link. Nothing waits here for an agent that is away. */
  send(agentId: Id, frame: Uint8Array): Delivery {
    return pass(frame, this.#usable(agentId).at(-1));
  }

  /** Passes a question that even a copy of the agent may hear to the newest link, genuine or not. */
  ask(agentId: Id, frame: Uint8Array): Delivery {
    return pass(frame, this.#ready(agentId).at(-1));
  }

  /** Ends every connection of an agent, proven or not, for one that was revoked. */
  disconnect(agentId: Id): void {
    const unproven = [...this.#unproven.keys()].filter((session) => session.agentId === agentId);
    for (const session of [...unproven, ...(this.#sessions.get(agentId) ?? [])]) session.close('forbidden');
    this.#idle.end(agentId);
  }

  stop(): void {
    for (const session of [
      ...this.#unproven.keys(),
      ...[...this.#sessions.values()].flatMap((links) => [...links]),
    ]) {
      session.close('restarting');
    }
    this.#idle.stop();
    this.#server.close();
  }

  #ready(agentId: Id): Session[] {
    if (this.#deps.isRevoked(agentId)) return [];
    return [...(this.#sessions.get(agentId) ?? [])].filter((session) => session.isReady);
  }

  #usable(agentId: Id): Session[] {
    return this.#ready(agentId).filter((session) => this.#deps.isGenuine?.(session) ?? true);
  }

  #isCrowded(address: string): boolean {
    const fromHere = [...this.#unproven.values()].filter((other) => other === address).length;
    return this.#unproven.size >= MAX_UNPROVEN || fromHere >= MAX_UNPROVEN_PER_ADDRESS;
  }

  #admit(session: Session): void {
    this.#unproven.delete(session);
    const links = this.#sessions.get(session.agentId) ?? new Set();
    this.#sessions.set(session.agentId, links.add(session));
    this.#deps.log.info({ agentId: session.agentId, links: links.size }, 'agent connected');
    this.#deps.connected?.(session.agentId, session);
  }

  #forget(session: Session, reason: string): void {
    this.#unproven.delete(session);
    const links = this.#sessions.get(session.agentId);
    links?.delete(session);
    if (links?.size === 0) this.#sessions.delete(session.agentId);
    const expected = reason === 'peer' || reason === 'restarting' || reason === 'credentialExpired';
    this.#deps.log[expected ? 'info' : 'warn']({ agentId: session.agentId, reason }, 'agent link ended');
  }
}

function pass(frame: Uint8Array, session: Session | undefined): Delivery {
  if (session === undefined) return 'offline';
  if (session.backlog > MAX_BACKLOG) return 'busy';
  session.send(frame);
  return 'sent';
}

function refuse(socket: Duplex, status: number, text: string): void {
  socket.end(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
