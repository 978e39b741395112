/**
 * Sends one operation to the agent that serves a person, and brings its outcome back. What writes is offered first,
 * has a row before a byte of it leaves, and is settled once. What only reads has no row.
 */
import type { Bytes } from '@homeward/protocol/bytes';
import { newId } from '@homeward/protocol/id';
import type { Outcome } from '@homeward/protocol/outcome';
import type { Password } from '@homeward/protocol/password';
import type { PersonPolicy } from '@homeward/protocol/policy';
import type { Ticket } from '@homeward/protocol/ticket';
import type { Clock } from '../clock.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';
import type { Agent } from './agent-registry.ts';
import type { Offers } from './offers.ts';
import { grantedTo, type OpenRequest, openRequest, packRequest, sealHere } from './pack-request.ts';
import { grantRequest } from './request-store.ts';
import type { SentRequests } from './sent-requests.ts';
import type { ServingAgents } from './serving-agents.ts';
import type { Settling } from './settle-request.ts';
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

export type DispatchDeps = {
  database: Database;
  secrets: Secrets;
  serving: ServingAgents;
  offers: Pick<Offers, 'claim'>;
  sent: Pick<SentRequests, 'leaves' | 'stays' | 'send' | 'ask'>;
  tenantId: string;
  clock: Clock;
  /** ms that the person's page waits for an answer before it says that it is not known yet */
  patience: number;
};

export type Dispatched = { requestId: string; outcome: Outcome | { kind: 'pending' } };

/** Whether a reset would succeed, as far as reading tells, and the rules that apply. */
export type Inspected = { outcome: Outcome | { kind: 'pending' }; policy?: PersonPolicy };

/** A request on its way: who may take it, and its sealed bytes. */
type Prepared = { request: OpenRequest; claimed: Promise<Agent | undefined>; inner: Promise<Bytes> };

/** So long an offer that was made with a ticket is good for what comes with the ticket. */
const WARM_FOR = 10_000;

export class Dispatcher {
  readonly #deps: DispatchDeps;
  readonly #warm = new Map<string, Promise<Agent | undefined>>();

  constructor(deps: DispatchDeps) {
    this.#deps = deps;
  }

  /** Also offers what will come, so that the agent reads the account while the browser seals. */
  async ticket({ flowId, personId }: { flowId: string; personId: string }): Promise<Ticket | undefined> {
    const { secrets, clock, tenantId, serving } = this.#deps;
    const agents = await serving.of(personId);
    if (agents.length === 0) return undefined;
    const asked = { tenantId, operation: 'reset' as const, flowId, personId, actorId: personId };
    const request = openRequest(asked, false, clock());
    this.#warmUp(request, agents);
    return ticketFor(secrets, request, agents);
  }

  checkSealed(asked: SealedAsked): SealedCheck {
    return checkSealed({ ...this.#deps, usable: this.#deps.serving.among }, asked);
  }

  async order(order: Order): Promise<Dispatched> {
    const { clock, database, patience, sent } = this.#deps;
    const prepared = order.sealed
      ? this.#sealedInBrowser(order, order.sealed)
      : await this.#sealedOnReceipt(order);
    if (prepared === undefined) return { requestId: newId(), outcome: { kind: 'notStarted' } };
    const { request } = prepared;
    const [agent, inner] = await Promise.all([prepared.claimed, prepared.inner]);
    if (agent === undefined) return { requestId: request.id, outcome: { kind: 'notStarted' } };
    const granted = await grantedTo(request, agent, inner);
    const { granting, settling } = order;
    sent.leaves(request.id);
    try {
      const [frame, grant] = await Promise.all([
        packRequest(request, agent, inner),
        grantRequest(database, granted, { now: clock(), ...(granting && { granting }) }),
      ]);
      if (grant.kind === 'refused') return { requestId: request.id, outcome: { kind: 'pending' } };
      if (grant.kind === 'earlier')
        return { requestId: request.id, outcome: { kind: 'notStarted', retryAt: grant.until } };
      const sending = { request: granted, frame, ...(settling && { settling }) };
      const reply = await sent.send(sending, Math.min(patience, order.deadline - clock()));
      return { requestId: request.id, outcome: reply?.outcome ?? { kind: 'pending' } };
    } finally {
      sent.stays(request.id);
    }
  }

  /** A dry run: reads only, and tells the password rules that apply to the person. */
  async inspect(asked: { flowId: string; personId: string; patience: number }): Promise<Inspected> {
    const { clock, tenantId, serving, sent } = this.#deps;
    const [agent] = await serving.of(asked.personId);
    if (agent === undefined) return { outcome: { kind: 'notStarted' } };
    const dryRun = { ...asked, tenantId, operation: 'dryRun' as const, actorId: asked.personId };
    const open = openRequest(dryRun, false, clock());
    const frame = await packRequest(open, agent);
    const reply = await sent.ask({ request: await grantedTo(open, agent), frame }, asked.patience);
    return reply ?? { outcome: { kind: 'pending' } };
  }

  #sealedInBrowser(order: Order, { ticket, inner }: SealedOrder): Prepared | undefined {
    const { secrets, tenantId, serving } = this.#deps;
    const read = readTicket(secrets, ticket);
    if (read === undefined) return undefined;
    const { requestId, flags, issued, expires, recipients } = read;
    const { operation, flowId, personId, actorId } = order;
    const request = {
      ...{ id: requestId, tenantId, operation, flowId, personId, actorId },
      ...{ flags, issued, expires },
    };
    if (!this.#warm.has(requestId)) this.#warmUp(request, serving.among(recipients));
    const claimed = this.#warm.get(requestId) ?? Promise.resolve(undefined);
    this.#warm.delete(requestId);
    return { request, claimed, inner: Promise.resolve(inner) };
  }

  async #sealedOnReceipt(order: Order): Promise<Prepared | undefined> {
    const { clock, tenantId, serving } = this.#deps;
    const agents = await serving.of(order.personId);
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
    const { offers } = this.#deps;
    return offers.claim({ ...request, requestId: request.id, cloudAnchor: request.personId }, agents);
  }
}
