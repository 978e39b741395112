import { CLOSE_CODES } from '@homeward/protocol/close-code';
import type { WebSocket } from 'ws';

const MOST = 8;
/** longer than the idle limit of any proxy that one would keep */
const LONGEST = 30 * 60_000;

/**
 * Connections over which nothing ever goes, not even a ping: an agent's preflight measures on one how long what
 * lies between lets it live. They belong to no session, so nothing is routed to them.
 */
export class IdleConnections {
  readonly #open = new Map<WebSocket, string>();

  hold(socket: WebSocket, agentId: string): void {
    if (this.#open.size >= MOST) return socket.close(CLOSE_CODES.tooMany, 'tooMany');
    this.#open.set(socket, agentId);
    const end = setTimeout(() => socket.close(1000), LONGEST);
    socket.on('message', () => socket.close(CLOSE_CODES.malformed, 'malformed'));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(end);
      this.#open.delete(socket);
    });
  }

  /** Those of an agent that was revoked. */
  end(agentId: string): void {
    this.#close('forbidden', (holder) => holder === agentId);
  }

  stop(): void {
    this.#close('restarting', () => true);
  }

  #close(reason: 'forbidden' | 'restarting', ends: (agentId: string) => boolean): void {
    for (const [socket, agentId] of this.#open) {
      if (!ends(agentId)) continue;
      socket.close(CLOSE_CODES[reason], reason);
      setTimeout(() => socket.terminate(), 2_000).unref();
    }
  }
}

/** `…/relay?idle` */
export function asksForIdle(url: string | undefined): boolean {
  return URL.parse(url ?? '', 'ws://relay')?.searchParams.has('idle') ?? false;
}
