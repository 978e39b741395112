/** Everything of the cloud that has to do with agents, put together for the composition root. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { EVENTS } from '@homeward/protocol/event';
import type { Outcome } from '@homeward/protocol/outcome';
import { Relay } from '@homeward/relay';
import { Hono } from 'hono';
import type { Clock } from '../clock.ts';
import type { ScimCaller } from '../scim/agent-tokens.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database, OpenStore } from '../store/database.ts';
import { DEFAULT_LIMITS, type Limits } from '../verify/throttle/limits.ts';
import { throttleStore } from '../verify/throttle/throttle-store.ts';
import { revokedWithOpenRequests } from './abandoned-requests.ts';
import { seenOnce } from './agent-assertion.ts';
import { agentEventsRoutes, eventsAudience } from './agent-events-routes.ts';
import { AgentRegistry } from './agent-registry.ts';
import { type Dispatched, Dispatcher, type Order } from './dispatch.ts';
import { createEnrolmentToken } from './enrolment-tokens.ts';
import { genuineLinks } from './genuine-links.ts';
import { Offers } from './offers.ts';
import { type Onboarding, onboardingOf } from './onboarding.ts';
import { onboardingControl } from './onboarding-control.ts';
import { findOutcome, findOutcomeOfFlow } from './request-store.ts';
import { agentRoutes } from './routes.ts';
import { verifyScimToken } from './scim-tokens.ts';
import { SentRequests, type SentRequestsDeps } from './sent-requests.ts';
import { servingAgents } from './serving-agents.ts';
import { openSigningKeys } from './signing-key.ts';
import { StatusWatch } from './status-watch.ts';
import { frameTaker } from './take-frames.ts';

export type AgentsDeps = OpenStore & {
  secrets: Secrets;
  tenant: { id: string; name: string };
  /** as people and agents reach it, such as https://reset.example.com */
  publicUrl: string;
  clock: Clock;
  log: SentRequestsDeps['log'];
  /** ms that a page waits for an answer */
  patience: number;
  /** a machine needs a token to enrol; else an administrator may approve it too */
  requireToken?: boolean;
  /** ms that an agent has to claim an offer */
  claimWithin?: number;
  /** ms that a link has to show that somebody is there, where there are more than an agent keeps */
  answerWithin?: number;
  limits?: Limits;
};

export type Agents = {
  /** `/agents/…`, for agents */
  routes: Hono;
  /** commands of the running cloud's own machine */
  control: Hono;
  /** takes the upgrades of `/relay` */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  writeback: {
    isUp: (tenantId: string) => boolean;
    order: (order: Order) => Promise<Dispatched>;
    ticket: Dispatcher['ticket'];
    checkSealed: Dispatcher['checkSealed'];
    inspect: Dispatcher['inspect'];
    find: (requestId: string) => Promise<Outcome | { kind: 'pending' } | undefined>;
    findByFlow: (flowId: string) => Promise<Dispatched | undefined>;
  };
  tokens: {
    verify: (token: string) => Promise<ScimCaller | undefined>;
  };
  /** for administrators */
  onboarding: Onboarding;
  /** whether passwords can be written, and what is in the way */
  status: Pick<StatusWatch, 'ask' | 'status' | 'reinstate'>;
  stop: () => void;
};

export const RELAY_PATH = '/relay';

export async function openAgents(deps: AgentsDeps): Promise<Agents> {
  const { database, secrets, tenant, clock, log, patience } = deps;
  const issuer = deps.publicUrl.replace(/\/$/, '');
  const relayUrl = `${issuer.replace(/^http/, 'ws')}${RELAY_PATH}`;
  const audiences = {
    relay: new URL(relayUrl).origin,
    scim: `${issuer}/scim/v2`,
    events: eventsAudience(issuer),
  };
  const registry = new AgentRegistry({ database, secrets });
  await registry.refresh();
  const signingKeys = await openSigningKeys({ database, secrets, tenant, clock, log });
  const lost = (err: unknown) => log.warn({ err, event: EVENTS.serviceError }, 'a frame was lost');
  const links = genuineLinks({
    linksTo: (agentId) => relay.linksTo(agentId),
    ...(deps.answerWithin !== undefined && { answerWithin: deps.answerWithin }),
  });
  const relay: Relay = new Relay(
    {
      issuer,
      audience: audiences.relay,
      signingKey: (kid) => signingKeys.publicKeyOf(kid),
    },
    {
      now: clock,
      log,
      isRevoked: (agentId) => registry.get(agentId) === undefined,
      isGenuine: (link) => links.isGenuine(link),
      connected: (agentId, link) => taker.connected(agentId, link),
      receive: (header, frame, link) => void taker.receive(header, frame, link).catch(lost),
    },
  );
  const leaving = new Map<string, number>();
  const isLeaving = (agentId: string) => (leaving.get(agentId) ?? 0) > clock();
  const watch = new StatusWatch({
    ...{ database, registry, tenant, clock, log },
    relay: {
      isConnected: (agentId) => relay.isConnected(agentId),
      linksOf: (agentId) => relay.linksOf(agentId),
      disconnect: (agentId) => relay.disconnect(agentId),
      // Probes alone: an agent whose heartbeat came too late by its wrong clock answers one in time.
      send: (agentId, frame) => relay.ask(agentId, frame),
    },
  });
  const shared = { database, secrets, clock, registry, tenantId: tenant.id, log };
  const isConnected = (agentId: string) => !isLeaving(agentId) && relay.isConnected(agentId);
  const send = (agentId: string, frame: Uint8Array) => relay.send(agentId, frame);
  const { flushed, asynchronousCommit, claimWithin } = deps;
  const offers = new Offers({ send, clock, log, ...(claimWithin !== undefined && { claimWithin }) });
  const sent = new SentRequests({ ...shared, flushed, asynchronousCommit, relay: { send } });
  const serving = servingAgents({ ...shared, isConnected, forestOf: (id) => forestOf(database, id) });
  const dispatcher = new Dispatcher({ ...shared, serving, offers, sent, patience });
  const taker = frameTaker({ ...shared, watch, offers, sent, links });
  await watch.start();
  for (const agentId of await revokedWithOpenRequests(database)) await sent.abandon(agentId);
  const served = {
    ...{ ...shared, signingKeys, issuer, relayUrl, tenant, leaving },
    audienceOf: (scope: keyof typeof audiences) => audiences[scope],
    wasSeen: seenOnce(clock),
    throttle: throttleStore(database, deps.limits ?? DEFAULT_LIMITS),
    requireToken: deps.requireToken ?? false,
    isConnected: (agentId: string) => relay.isConnected(agentId),
    disconnect: (agentId: string) => {
      relay.disconnect(agentId);
      // Whoever was revoked, and not just shut out for now, will never answer.
      if (registry.get(agentId) === undefined) sent.abandon(agentId).catch(lost);
    },
  };
  const onboarding = onboardingOf(served);
  return {
    routes: new Hono().route('/events', agentEventsRoutes(served)).route('/', agentRoutes(served)),
    control: controlRoutes(served)
      .route('/', watch.control())
      .route('/agents', onboardingControl(onboarding)),
    onboarding,
    upgrade(request, socket, head) {
      relay.upgrade(request, socket, head).catch((err: unknown) => {
        log.warn({ err, event: EVENTS.relayError }, 'an agent’s connection could not be taken');
        socket.destroy();
      });
    },
    writeback: {
      isUp: (tenantId) => watch.isUp(tenantId),
      // Right after a start of the cloud, an agent that is just coming back is worth a moment.
      order: (order) => links.settled().then(() => dispatcher.order(order)),
      ticket: (asked) => links.settled().then(() => dispatcher.ticket(asked)),
      checkSealed: (asked) => dispatcher.checkSealed(asked),
      inspect: (asked) => links.settled().then(() => dispatcher.inspect(asked)),
      find: (requestId) => findOutcome(database, requestId),
      findByFlow: (flowId) => findOutcomeOfFlow(database, flowId),
    },
    tokens: {
      verify: (token) =>
        verifyScimToken(token, { signingKeys, issuer, audience: audiences.scim, registry, clock }),
    },
    status: watch,
    stop() {
      signingKeys.stop();
      watch.stop();
      relay.stop();
    },
  };
}

function controlRoutes(deps: {
  database: Database;
  secrets: Secrets;
  clock: Clock;
  tenant: { id: string };
}): Hono {
  return new Hono().post('/enrolment-tokens', async (context) => {
    const { token, expiresAt } = await createEnrolmentToken(deps, deps.tenant.id);
    return context.json({ token: token.reveal(), expiresAt });
  });
}

async function forestOf(database: Database, personId: string): Promise<string | undefined> {
  const row = await database
    .selectFrom('person')
    .select('forest')
    .where('id', '=', personId)
    .executeTakeFirst();
  return row?.forest;
}
