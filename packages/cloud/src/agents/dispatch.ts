/**
 * Sends one operation to the agent that serves a person, and brings its outcome back. The row is written before
 * a byte leaves, and settled once: by the agent's signed reply, however late, or because nothing was ever sent.
 */
import { sha256 } from '@homeward/protocol/bytes';
import { ProtocolError } from '@homeward/protocol/errors';
import { EVENTS } from '@homeward/protocol/event';
import type { FrameHeader } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import { FLAGS } from '@homeward/protocol/operation';
import { OUTCOMES, type Outcome } from '@homeward/protocol/outcome';
import { pack, unpack } from '@homeward/protocol/package';
import type { Password } from '@homeward/protocol/password';
import { verifyReply } from '@homeward/protocol/reply';
import { encodeRequest } from '@homeward/protocol/request';
import { seal } from '@homeward/protocol/seal';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import type { Agent, AgentRegistry } from './agent-registry.ts';
import { findGranted, type GrantedRequest, insertGranted, settleGranted } from './request-store.ts';

export type Order = {
  operation: 'reset';
  flowId: string;
  personId: string;
  actorId: string;
  password: Password;
  /** Unix ms: nobody waits for it after this */
  deadline: number;
};

export type DispatchDeps = {
  database: Database;
  registry: AgentRegistry;
  relay: {
    isConnected: (agentId: string) => boolean;
    send: (agentId: string, frame: Uint8Array) => 'sent' | 'offline' | 'busy';
  };
  /** SID of the forest that a person belongs to */
  forestOf: (personId: string) => Promise<string | undefined>;
  tenantId: string;
  clock: Clock;
  /** ms that the person's page waits for an answer before it says that it is not known yet */
  patience: number;
  log: { info: (fields: object, message: string) => void; warn: (fields: object, message: string) => void };
};

/** What no agent takes within two minutes is gone; it may never live for longer than five. */
const LIFETIME = 2 * 60_000;

export type Dispatched = { requestId: string; outcome: Outcome | { kind: 'pending' } };

export class Dispatcher {
  readonly #deps: DispatchDeps;
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();

  constructor(deps: DispatchDeps) {
    this.#deps = deps;
  }

  /** The tenant's state, never a person's: whether any agent of it is connected. */
  isUp(tenantId: string): boolean {
    const { registry, relay } = this.#deps;
    return registry.of(tenantId).some((agent) => relay.isConnected(agent.id));
  }

  async order(order: Order): Promise<Dispatched> {
    const { relay, clock, database, patience, log } = this.#deps;
    const requestId = newId();
    const agent = await this.#agentFor(order.personId);
    if (agent === undefined) {
      log.warn({ requestId, person: order.personId }, 'no agent of the person’s forest is connected');
      return { requestId, outcome: { kind: 'notStarted' } };
    }
    const { request, frame } = await this.#sealed(order, requestId, agent);
    await insertGranted(database, request);
    const answered = new Promise<Outcome>((resolve) => this.#waiting.set(requestId, resolve));
    if (relay.send(agent.id, frame) !== 'sent') {
      await this.#settle(request, { kind: 'notStarted' }, EVENTS.relayError);
    } else {
      log.info({ requestId, agentId: agent.id, bytes: frame.length }, 'request sent to the agent');
    }
    const limit = Math.max(0, Math.min(patience, order.deadline - clock()));
    const outcome = await Promise.race([answered, after(limit)]);
    this.#waiting.delete(requestId);
    return { requestId, outcome: outcome ?? { kind: 'pending' } };
  }

  /** A frame from the relay: the reply to a request, in time or late. Whatever is not authentic changes nothing. */
  async receive(header: FrameHeader, frame: Uint8Array): Promise<void> {
    const { database, registry, log, tenantId } = this.#deps;
    const request = await findGranted(database, header.requestId);
    const agent = registry.get(header.agentId);
    if (request === undefined || agent === undefined || request.agentId !== agent.id) return;
    try {
      const { body } = await unpack(frame, tenantId, (id) =>
        id === agent.packageKey.id ? agent.packageKey : undefined,
      );
      const binding = {
        tenantId,
        agentId: agent.id,
        requestId: request.id,
        sealedDigest: request.sealedDigest,
      };
      const { outcome, event } = await verifyReply(body, binding, agent.identity);
      log.info({ requestId: request.id, agentId: agent.id, bytes: frame.length }, 'reply received');
      await this.#settle(request, outcome, event);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      log.warn({ requestId: request.id, agentId: agent.id, code: error.code }, 'a reply was refused');
    }
  }

  async #sealed(
    order: Order,
    requestId: string,
    agent: Agent,
  ): Promise<{ request: GrantedRequest; frame: Uint8Array }> {
    const { operation, flowId, personId, actorId, password } = order;
    const { tenantId } = agent;
    const issued = this.#deps.clock();
    const expires = issued + LIFETIME;
    const flags = FLAGS.sealedByCloud | FLAGS.unlockToo;
    const binding = { tenantId, requestId, operation, flags, cloudAnchor: personId, issued, expires };
    const inner = await seal({ next: password }, binding, [agent.recipient]);
    const body = encodeRequest({ operation, flags, cloudAnchor: personId, actorId, issued, expires, inner });
    const frame = await pack(
      { header: { type: 'request', agentId: agent.id, requestId, expires }, body },
      tenantId,
      agent.packageKey,
    );
    const sealedDigest = await sha256(inner);
    return {
      frame,
      request: {
        id: requestId,
        tenantId,
        flowId,
        personId,
        operation,
        agentId: agent.id,
        sealedDigest,
        issued,
        expires,
      },
    };
  }

  async #settle(request: GrantedRequest, outcome: Outcome, event: number): Promise<void> {
    const { database, clock, log } = this.#deps;
    const first = await settleGranted(database, request.id, { outcome, event, at: clock() });
    if (!first) return;
    const level = OUTCOMES[outcome.kind].acts === 'administrator' ? 'warn' : 'info';
    log[level](
      { requestId: request.id, event, outcome: outcome.kind },
      `${request.operation}: ${outcome.kind}`,
    );
    this.#waiting.get(request.id)?.(outcome);
  }

  async #agentFor(personId: string): Promise<Agent | undefined> {
    const { registry, relay, forestOf, tenantId } = this.#deps;
    const forest = await forestOf(personId);
    return registry
      .of(tenantId)
      .find((agent) => relay.isConnected(agent.id) && agent.forests.some(({ sid }) => sid === forest));
  }
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined).unref());
}
