/**
 * Sends one operation to the agent that serves a person, and brings its outcome back. What writes has a row before
 * a byte leaves, and is settled once: by the agent's signed reply, however late, or because nothing was ever sent.
 * What only reads has no row: when its answer is lost, nothing is.
 */
import { ProtocolError } from '@homeward/protocol/errors';
import { EVENTS } from '@homeward/protocol/event';
import type { FrameHeader } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import { OUTCOMES, type Outcome } from '@homeward/protocol/outcome';
import { unpack } from '@homeward/protocol/package';
import type { Password } from '@homeward/protocol/password';
import type { PersonPolicy } from '@homeward/protocol/policy';
import { type Reply, verifyReply } from '@homeward/protocol/reply';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import { type Agent, type AgentRegistry, packageKeyOf, signerOf } from './agent-registry.ts';
import { type GrantedRequest, packRequest } from './pack-request.ts';
import { findGranted, insertGranted, settleGranted } from './request-store.ts';

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

export type Dispatched = { requestId: string; outcome: Outcome | { kind: 'pending' } };

/** Whether a reset would succeed, as far as reading tells, and the rules that apply. */
export type Inspected = { outcome: Outcome | { kind: 'pending' }; policy?: PersonPolicy };

type Waiting = { request: GrantedRequest; resolve: (reply: Reply) => void };

export class Dispatcher {
  readonly #deps: DispatchDeps;
  readonly #waiting = new Map<string, Waiting>();

  constructor(deps: DispatchDeps) {
    this.#deps = deps;
  }

  /** The tenant's state, never a person's: whether any agent of it is connected. */
  isUp(tenantId: string): boolean {
    const { registry, relay } = this.#deps;
    return registry.of(tenantId).some((agent) => relay.isConnected(agent.id));
  }

  async order(order: Order): Promise<Dispatched> {
    const { clock, database, patience } = this.#deps;
    const agent = await this.#agentFor(order.personId);
    if (agent === undefined) return { requestId: newId(), outcome: { kind: 'notStarted' } };
    const { request, frame } = await packRequest(order, agent, clock());
    await insertGranted(database, request);
    const reply = await this.#send(request, frame, Math.min(patience, order.deadline - clock()));
    return { requestId: request.id, outcome: reply?.outcome ?? { kind: 'pending' } };
  }

  /** A dry run: reads only, and tells the password rules that apply to the person. */
  async inspect(asked: { flowId: string; personId: string; patience: number }): Promise<Inspected> {
    const agent = await this.#agentFor(asked.personId);
    if (agent === undefined) return { outcome: { kind: 'notStarted' } };
    const dryRun = { ...asked, operation: 'dryRun' as const, actorId: asked.personId };
    const { request, frame } = await packRequest(dryRun, agent, this.#deps.clock());
    const reply = await this.#send(request, frame, asked.patience);
    return reply ?? { outcome: { kind: 'pending' } };
  }

  /** A frame from the relay: the reply to a request, in time or late. Whatever is not authentic changes nothing. */
  async receive(header: FrameHeader, frame: Uint8Array): Promise<void> {
    const { database, registry, log, tenantId } = this.#deps;
    const request =
      this.#waiting.get(header.requestId)?.request ?? (await findGranted(database, header.requestId));
    const agent = registry.get(header.agentId);
    if (request === undefined || agent === undefined || request.agentId !== agent.id) return;
    const { id: requestId, sealedDigest } = request;
    try {
      const { body } = await unpack(frame, tenantId, (id) => packageKeyOf(agent, id));
      const binding = { tenantId, agentId: agent.id, requestId, ...(sealedDigest && { sealedDigest }) };
      const reply = await verifyReply(body, binding, signerOf(agent, frame).identity);
      log.info({ requestId, agentId: agent.id, bytes: frame.length }, 'reply received');
      await this.#settle(request, reply);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      log.warn({ requestId, agentId: agent.id, code: error.code }, 'a reply was refused');
    }
  }

  /** @returns undefined where no reply came in time: it may still come */
  async #send(request: GrantedRequest, frame: Uint8Array, patience: number): Promise<Reply | undefined> {
    const { relay, log } = this.#deps;
    const { id: requestId, agentId } = request;
    const answered = new Promise<Reply>((resolve) => this.#waiting.set(requestId, { request, resolve }));
    if (relay.send(agentId, frame) === 'sent') {
      log.info({ requestId, agentId, bytes: frame.length }, 'request sent to the agent');
    } else {
      await this.#settle(request, { outcome: { kind: 'notStarted' }, event: EVENTS.relayError });
    }
    const reply = await Promise.race([answered, after(Math.max(0, patience))]);
    this.#waiting.delete(requestId);
    return reply;
  }

  async #settle(request: GrantedRequest, reply: Reply): Promise<void> {
    const { database, clock, log } = this.#deps;
    const { outcome, event } = reply;
    const isFirst =
      request.operation === 'dryRun' ||
      (await settleGranted(database, request.id, { outcome, event, at: clock() }));
    if (!isFirst) return;
    const level = OUTCOMES[outcome.kind].acts === 'administrator' ? 'warn' : 'info';
    log[level](
      { requestId: request.id, event, outcome: outcome.kind },
      `${request.operation}: ${outcome.kind}`,
    );
    this.#waiting.get(request.id)?.resolve(reply);
  }

  async #agentFor(personId: string): Promise<Agent | undefined> {
    const { registry, relay, forestOf, tenantId, log } = this.#deps;
    const forest = await forestOf(personId);
    const agent = registry
      .of(tenantId)
      .find(({ id, forests }) => relay.isConnected(id) && forests.some(({ sid }) => sid === forest));
    if (agent === undefined)
      log.warn({ person: personId, forest }, 'no agent of the person’s forest is connected');
    return agent;
  }
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined).unref());
}
