/**
 * Sends one operation to the agent that serves a person, and brings its outcome back. What writes is offered first,
 * has a row before a byte of it leaves, and is settled once: by the agent's signed reply, however late, or because
 * nothing was ever sent. What only reads has no row: when its answer is lost, nothing is.
 */

import { setTimeout as after } from 'node:timers/promises';
import type { Bytes } from '@homeward/protocol/bytes';
import { EVENTS } from '@homeward/protocol/event';
import type { FrameHeader } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import { MAX_RECIPIENTS } from '@homeward/protocol/inner-envelope';
import type { Outcome } from '@homeward/protocol/outcome';
import { unpack } from '@homeward/protocol/package';
import type { Password } from '@homeward/protocol/password';
import type { PersonPolicy } from '@homeward/protocol/policy';
import type { Reply } from '@homeward/protocol/reply';
import type { Ticket } from '@homeward/protocol/ticket';
import type { Clock } from '../clock.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database, OpenStore } from '../store/database.ts';
import { type Agent, type AgentRegistry, generationOfRecipient, packageKeyOf } from './agent-registry.ts';
import { Offers } from './offers.ts';
import {
  type GrantedRequest,
  grantedTo,
  LIFETIME,
  type OpenRequest,
  openRequest,
  packRequest,
  sealHere,
} from './pack-request.ts';
import { findGranted, grantRequest, unsettledOf } from './request-store.ts';
import { type Settling, settleRequest } from './settle-request.ts';
import { takeReply } from './take-reply.ts';
import { tellAgent } from './tell-agent.ts';
import {
  checkSealed,
  readTicket,
  type SealedAsked,
  type SealedCheck,
  type SealedOrder,
  ticketFor,
} from './tickets.ts';

export type Order = {
  operation: 'reset';
  flowId: string;
  personId: string;
  actorId: string;
  /** Unix ms: nobody waits for it after this */
  deadline: number;
  password?: Password;
  sealed?: SealedOrder;
  /** in the transaction that grants; false stops it: somebody else was first */
  granting?: (transaction: Database) => Promise<boolean>;
  /** in the transaction that settles, while somebody still waits here */
  settling?: Settling;
};

export type DispatchDeps = OpenStore & {
  secrets: Secrets;
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
  /** ms that an agent has to claim an offer */
  claimWithin?: number;
  log: { info: (fields: object, message: string) => void; warn: (fields: object, message: string) => void };
};

export type Dispatched = { requestId: string; outcome: Outcome | { kind: 'pending' } };

/** Whether a reset would succeed, as far as reading tells, and the rules that apply. */
export type Inspected = { outcome: Outcome | { kind: 'pending' }; policy?: PersonPolicy };

type Waiting = {
  request: GrantedRequest;
  settling?: Settling;
  resolve: (reply: Reply) => void;
};
/** A request on its way: who may take it, and its sealed bytes. */
type Prepared = { request: OpenRequest; claimed: Promise<Agent | undefined>; inner: Promise<Bytes> };

/** So long an offer that was made with a ticket is good for what comes with the ticket. */
const WARM_FOR = 10_000;

export class Dispatcher {
  readonly #deps: DispatchDeps;
  readonly #offers: Offers;
  readonly #waiting = new Map<string, Waiting>();
  /** sealed bytes of granted requests, for an agent whose link comes back in time */
  readonly #sent = new Map<string, { agentId: string; frame: Uint8Array; expires: number }>();
  readonly #warm = new Map<string, Promise<Agent | undefined>>();
  /** ids of those that may still be answered */
  readonly #dryRuns = new Set<string>();

  constructor(deps: DispatchDeps) {
    this.#deps = deps;
    this.#offers = new Offers({ ...deps, send: (agentId, frame) => deps.relay.send(agentId, frame) });
  }

  /** Also offers what will come, so that the agent reads the account while the browser seals. */
  async ticket({ flowId, personId }: { flowId: string; personId: string }): Promise<Ticket | undefined> {
    const { secrets, clock, tenantId } = this.#deps;
    const agents = await this.#agentsFor(personId);
    if (agents.length === 0) return undefined;
    const asked = { tenantId, operation: 'reset' as const, flowId, personId, actorId: personId };
    const request = openRequest(asked, false, clock());
    this.#warmUp(request, agents);
    return ticketFor(secrets, request, agents);
  }

  checkSealed(asked: SealedAsked): SealedCheck {
    return checkSealed({ ...this.#deps, usable: (recipients) => this.#recipientsOf(recipients) }, asked);
  }

  async order(order: Order): Promise<Dispatched> {
    const { clock, database, patience } = this.#deps;
    const prepared = order.sealed
      ? this.#sealedInBrowser(order, order.sealed)
      : await this.#sealedOnReceipt(order);
    if (prepared === undefined) return { requestId: newId(), outcome: { kind: 'notStarted' } };
    const { request } = prepared;
    const [agent, inner] = await Promise.all([prepared.claimed, prepared.inner]);
    if (agent === undefined) return { requestId: request.id, outcome: { kind: 'notStarted' } };
    const granted = await grantedTo(request, agent, inner);
    const [frame, grant] = await Promise.all([
      packRequest(request, agent, inner),
      grantRequest(database, granted, { now: clock(), ...(order.granting && { granting: order.granting }) }),
    ]);
    if (grant.kind === 'refused') return { requestId: request.id, outcome: { kind: 'pending' } };
    if (grant.kind === 'earlier')
      return { requestId: request.id, outcome: { kind: 'notStarted', retryAt: grant.until } };
    this.#sent.set(request.id, { agentId: agent.id, frame, expires: request.expires });
    setTimeout(() => this.#sent.delete(request.id), request.expires - clock()).unref();
    const reply = await this.#send(
      { request: granted, ...(order.settling && { settling: order.settling }) },
      frame,
      Math.min(patience, order.deadline - clock()),
    );
    return { requestId: request.id, outcome: reply?.outcome ?? { kind: 'pending' } };
  }

  /** A dry run: reads only, and tells the password rules that apply to the person. */
  async inspect(asked: { flowId: string; personId: string; patience: number }): Promise<Inspected> {
    const { clock, tenantId } = this.#deps;
    const [agent] = await this.#agentsFor(asked.personId);
    if (agent === undefined) return { outcome: { kind: 'notStarted' } };
    const dryRun = { ...asked, tenantId, operation: 'dryRun' as const, actorId: asked.personId };
    const open = openRequest(dryRun, false, clock());
    const request = await grantedTo(open, agent);
    this.#dryRuns.add(request.id);
    setTimeout(() => this.#dryRuns.delete(request.id), LIFETIME).unref();
    const reply = await this.#send({ request }, await packRequest(open, agent), asked.patience);
    return reply ?? { outcome: { kind: 'pending' } };
  }

  /** A frame from the relay. Whatever is not authentic changes nothing. */
  async receive(header: FrameHeader, frame: Uint8Array): Promise<void> {
    const { registry, tenantId } = this.#deps;
    const agent = registry.get(header.agentId);
    if (agent === undefined) return;
    if (header.type === 'reply') {
      const awaited = this.#waiting.get(header.requestId)?.request;
      // Nobody waits for it any more, and nothing was written.
      if (awaited === undefined && this.#dryRuns.has(header.requestId)) return;
      const settle = (request: GrantedRequest, reply: Reply) => this.#settle(request, reply);
      return takeReply(this.#deps, header, frame, { agent, awaited, settle });
    }
    const { body } = await unpack(frame, tenantId, (id) => packageKeyOf(agent, id));
    this.#offers.receive(header, body);
  }

  /** An agent's link is ready: what was on its way goes again, what is open from before is asked about. */
  async connected(agentId: string): Promise<void> {
    const { relay, clock } = this.#deps;
    for (const { agentId: owner, frame, expires } of this.#sent.values())
      if (owner === agentId && expires > clock()) relay.send(agentId, frame);
    await this.askAbout(agentId);
  }

  /** WHAT-OF for each request of an agent whose end is open and that is not on its way any more. */
  async askAbout(agentId: string): Promise<void> {
    const agent = this.#deps.registry.get(agentId);
    if (agent === undefined) return;
    for (const { id, expires } of await unsettledOf(this.#deps.database, agentId)) {
      if ((this.#sent.get(id)?.expires ?? 0) > this.#deps.clock()) continue;
      await tellAgent(this.#deps.relay, agent, 'whatOf', { requestId: id, expires });
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

  #sealedInBrowser(order: Order, { ticket, inner }: SealedOrder): Prepared | undefined {
    const { secrets, tenantId } = this.#deps;
    const read = readTicket(secrets, ticket);
    if (read === undefined) return undefined;
    const { requestId, flags, issued, expires, recipients } = read;
    const { operation, flowId, personId, actorId } = order;
    const request = {
      ...{ id: requestId, tenantId, operation, flowId, personId, actorId },
      ...{ flags, issued, expires },
    };
    if (!this.#warm.has(requestId)) this.#warmUp(request, this.#recipientsOf(recipients));
    const claimed = this.#warm.get(requestId) ?? Promise.resolve(undefined);
    this.#warm.delete(requestId);
    return { request, claimed, inner: Promise.resolve(inner) };
  }

  async #sealedOnReceipt(order: Order): Promise<Prepared | undefined> {
    const { clock, tenantId } = this.#deps;
    const agents = await this.#agentsFor(order.personId);
    if (agents.length === 0 || order.password === undefined) return undefined;
    const request = openRequest({ ...order, tenantId }, true, clock());
    return {
      request,
      claimed: this.#offer(request, agents),
      inner: sealHere(request, order.password, agents),
    };
  }

  #warmUp(request: OpenRequest, agents: Agent[]): void {
    this.#warm.set(request.id, this.#offer(request, agents));
    setTimeout(() => this.#warm.delete(request.id), WARM_FOR).unref();
  }

  #offer(request: OpenRequest, agents: Agent[]): Promise<Agent | undefined> {
    return this.#offers.claim({ ...request, requestId: request.id, cloudAnchor: request.personId }, agents);
  }

  /** The agents that can open what is sealed to these, and can be reached. */
  #recipientsOf(recipients: readonly { agentId: string; keyId: string }[]): Agent[] {
    const { registry, relay } = this.#deps;
    return recipients.flatMap(({ agentId, keyId }) => {
      const agent = registry.get(agentId);
      const usable = agent && generationOfRecipient(agent, keyId) && relay.isConnected(agentId);
      return usable ? [agent] : [];
    });
  }

  /** @returns undefined where no reply came in time: it may still come */
  async #send(
    asked: Omit<Waiting, 'resolve'>,
    frame: Uint8Array,
    patience: number,
  ): Promise<Reply | undefined> {
    const { relay, log } = this.#deps;
    const { request } = asked;
    const { id: requestId, agentId } = request;
    const answered = new Promise<Reply>((resolve) => this.#waiting.set(requestId, { ...asked, resolve }));
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
    this.#sent.delete(request.id);
    const waiting = this.#waiting.get(request.id);
    const isFirst = await settleRequest(this.#deps, request, reply, waiting?.settling);
    if (isFirst) waiting?.resolve(reply);
  }

  /** Those of the person's forest that are connected: at most two, which is what an envelope has room for. */
  async #agentsFor(personId: string): Promise<Agent[]> {
    const { registry, relay, forestOf, tenantId, log } = this.#deps;
    const forest = await forestOf(personId);
    const agents = registry
      .of(tenantId)
      .filter(({ id, forests }) => relay.isConnected(id) && forests.some(({ sid }) => sid === forest));
    if (agents.length === 0)
      log.warn({ person: personId, forest }, 'no agent of the person’s forest is connected');
    return agents.slice(0, MAX_RECIPIENTS);
  }
}
