/**
 * Finds the agent that takes a request. Offers live in this process's memory, beside the sealed bytes that they are
 * about; what counts is the row that is written when one was claimed. An agent that loses an offer has seen no
 * password, sealed or not.
 */
import { decodeClaim, decodeDecline, encodeOffer, type Offer } from '@homeward/protocol/control';
import type { FrameHeader } from '@homeward/protocol/frame';
import { pack } from '@homeward/protocol/package';
import type { Clock } from '../clock.ts';
import type { Agent } from './agent-registry.ts';

export type OfferedRequest = Omit<Offer, 'number' | 'isLast'> & {
  requestId: string;
  tenantId: string;
  expires: number;
};

export type OffersDeps = {
  send: (agentId: string, frame: Uint8Array) => 'sent' | 'offline' | 'busy';
  clock: Clock;
  log: { warn: (fields: object, message: string) => void };
  /** ms that an agent has to claim; twice as long where nobody is left to ask */
  claimWithin?: number;
};

/** An agent that is alive and has time claims within a round trip. */
const CLAIM_WITHIN = 1_500;
/** So long an agent that let an offer pass is asked last. */
const SLOW_FOR = 60_000;

type Open = { agentId: string; number: number; answer: (claimed: boolean) => void };

export class Offers {
  readonly #deps: OffersDeps;
  readonly #open = new Map<string, Open>();
  readonly #slowUntil = new Map<string, number>();

  constructor(deps: OffersDeps) {
    this.#deps = deps;
  }

  /** Offers to one agent after another. @returns the one that claimed; undefined where none did */
  async claim(request: OfferedRequest, agents: readonly Agent[]): Promise<Agent | undefined> {
    for (const [index, agent] of this.#inOrder(agents).entries()) {
      const offer = { ...request, number: index + 1, isLast: index === agents.length - 1 };
      if (await this.#ask(agent, offer)) return agent;
    }
    return undefined;
  }

  /** A CLAIM or DECLINE, already authenticated. For an offer that is over it changes nothing. */
  receive(header: FrameHeader, body: Uint8Array): void {
    const open = this.#open.get(header.requestId);
    if (open === undefined || open.agentId !== header.agentId) return;
    if (header.type === 'claim' && decodeClaim(body) === open.number) open.answer(true);
    if (header.type !== 'decline') return;
    const { offer, reason } = decodeDecline(body);
    if (offer !== open.number) return;
    this.#deps.log.warn(
      { requestId: header.requestId, agentId: header.agentId, reason },
      'an agent declined',
    );
    open.answer(false);
  }

  async #ask(agent: Agent, offer: OfferedRequest & Offer): Promise<boolean> {
    const { send, clock, log, claimWithin = CLAIM_WITHIN } = this.#deps;
    const { requestId, tenantId, expires, number, isLast } = offer;
    const header = { type: 'offer' as const, agentId: agent.id, requestId, expires };
    const frame = await pack({ header, body: encodeOffer(offer) }, tenantId, agent.current.packageKey);
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => {
          this.#slowUntil.set(agent.id, clock() + SLOW_FOR);
          log.warn(
            { requestId, agentId: agent.id, isLast },
            'an agent let an offer pass; the next one is asked',
          );
          answer(false);
        },
        claimWithin * (isLast ? 2 : 1),
      );
      const answer = (claimed: boolean) => {
        clearTimeout(timer);
        this.#open.delete(requestId);
        if (claimed) this.#slowUntil.delete(agent.id);
        resolve(claimed);
      };
      this.#open.set(requestId, { agentId: agent.id, number, answer });
      if (send(agent.id, frame) !== 'sent') answer(false);
    });
  }

  #inOrder(agents: readonly Agent[]): Agent[] {
    const isSlow = ({ id }: Agent) => (this.#slowUntil.get(id) ?? 0) > this.#deps.clock();
    return [...agents.filter((agent) => !isSlow(agent)), ...agents.filter(isSlow)];
  }
}
