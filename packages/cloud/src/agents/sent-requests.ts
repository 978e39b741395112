/**
 * Requests from the moment that an agent may have them until their end is known: by the agent's signed reply, however
 * late, because nothing was ever sent, or because the agent is gone for good. Each ends once.
 */
import { setTimeout as after } from 'node:timers/promises';
import { EVENTS } from '@homeward/protocol/event';
import type { FrameHeader } from '@homeward/protocol/frame';
import type { Reply } from '@homeward/protocol/reply';
import type { Clock } from '../clock.ts';
import type { OpenStore } from '../store/database.ts';
import type { Agent, AgentRegistry } from './agent-registry.ts';
import { type GrantedRequest, LIFETIME } from './pack-request.ts';
import { findGranted, unsettledOf } from './request-store.ts';
import { type Settling, settleRequest } from './settle-request.ts';
import { takeReply } from './take-reply.ts';
import { tellAgent } from './tell-agent.ts';

export type SentRequestsDeps = OpenStore & {
  registry: AgentRegistry;
  relay: { send: (agentId: string, frame: Uint8Array) => 'sent' | 'offline' | 'busy' };
  tenantId: string;
  clock: Clock;
  log: { info: (fields: object, message: string) => void; warn: (fields: object, message: string) => void };
};

export type Sending = {
  request: GrantedRequest;
  frame: Uint8Array;
  /** in the transaction that settles, while somebody still waits here */
  settling?: Settling;
};

type Waiting = Pick<Sending, 'request' | 'settling'> & { resolve: (reply: Reply) => void };

export class SentRequests {
  readonly #deps: SentRequestsDeps;
  readonly #waiting = new Map<string, Waiting>();
  /** sealed bytes of granted requests, for an agent whose link comes back in time */
  readonly #frames = new Map<string, { agentId: string; frame: Uint8Array; expires: number }>();
  /** ids of those that are about to be sent: asked about now, the agent would bury them before they come */
  readonly #leaving = new Set<string>();
  /** ids of those that may still be answered */
  readonly #dryRuns = new Set<string>();

  constructor(deps: SentRequestsDeps) {
    this.#deps = deps;
  }

  /** To be called before its row is seen by others, and `stays` when it was sent and waited for, or is not sent after all. */
  leaves(requestId: string): void {
    this.#leaving.add(requestId);
  }

  stays(requestId: string): void {
    this.#leaving.delete(requestId);
  }

  /**
   * A request with a row, which is committed: from here on it may have been carried out.
   * @param patience ms
   * @returns undefined where no reply came in time: it may still come
   */
  async send(sending: Sending, patience: number): Promise<Reply | undefined> {
    const { id, agentId, expires } = sending.request;
    this.#frames.set(id, { agentId, frame: sending.frame, expires });
    setTimeout(() => this.#frames.delete(id), expires - this.#deps.clock()).unref();
    return this.#answerTo(sending, patience);
  }

  /** What only reads has no row, and is not sent again: when its answer is lost, nothing is. */
  async ask(sending: Sending, patience: number): Promise<Reply | undefined> {
    const { id } = sending.request;
    this.#dryRuns.add(id);
    setTimeout(() => this.#dryRuns.delete(id), LIFETIME).unref();
    return this.#answerTo(sending, patience);
  }

  /** A REPLY from the relay. Whatever is not authentic changes nothing. */
  async receive(header: FrameHeader, frame: Uint8Array, agent: Agent): Promise<void> {
    const awaited = this.#waiting.get(header.requestId)?.request;
    // Nobody waits for it any more, and nothing was written.
    if (awaited === undefined && this.#dryRuns.has(header.requestId)) return;
    const settle = (request: GrantedRequest, reply: Reply) => this.#settle(request, reply);
    await takeReply(this.#deps, header, frame, { agent, awaited, settle });
  }

  /** An agent's link is ready: what was on its way goes again, what is open from before is asked about. */
  async connected(agentId: string): Promise<void> {
    const { relay, clock } = this.#deps;
    for (const { agentId: owner, frame, expires } of this.#frames.values())
      if (owner === agentId && expires > clock()) relay.send(agentId, frame);
    await this.askAbout(agentId);
  }

  /** WHAT-OF for each request of an agent whose end is open and that is not on its way any more. */
  async askAbout(agentId: string): Promise<void> {
    const { registry, database, relay, clock } = this.#deps;
    const agent = registry.get(agentId);
    if (agent === undefined) return;
    for (const { id, expires } of await unsettledOf(database, agentId)) {
      if (this.#leaving.has(id) || (this.#frames.get(id)?.expires ?? 0) > clock()) continue;
      await tellAgent(relay, agent, 'whatOf', { requestId: id, expires });
    }
  }

  /** For an agent that is gone for good: nobody will ever know more of what it had. */
  async abandon(agentId: string): Promise<void> {
    const { database, flushed } = this.#deps;
    for (let open = await unsettledOf(database, agentId); open.length > 0; ) {
      for (const { id } of open) {
        const request = await findGranted(database, id);
        const reply = { outcome: { kind: 'unknown' }, event: EVENTS.offboardingFailed } as const;
        if (request) await this.#settle(request, reply);
      }
      open = await unsettledOf(database, agentId);
    }
    await flushed();
  }

  async #answerTo({ request, frame, settling }: Sending, patience: number): Promise<Reply | undefined> {
    const { relay, log } = this.#deps;
    const { id: requestId, agentId } = request;
    const answered = new Promise<Reply>((resolve) =>
      this.#waiting.set(requestId, { request, resolve, ...(settling && { settling }) }),
    );
    if (relay.send(agentId, frame) === 'sent') {
      log.info({ requestId, agentId, bytes: frame.length }, 'request sent to the agent');
    } else {
      await this.#settle(request, { outcome: { kind: 'notStarted' }, event: EVENTS.relayError });
    }
    const reply = await Promise.race([answered, after(Math.max(0, patience), undefined, { ref: false })]);
    this.#waiting.delete(requestId);
    return reply;
  }

  async #settle(request: GrantedRequest, reply: Reply): Promise<void> {
    this.#frames.delete(request.id);
    const waiting = this.#waiting.get(request.id);
    const isFirst = await settleRequest(this.#deps, request, reply, waiting?.settling);
    if (isFirst) waiting?.resolve(reply);
  }
}
