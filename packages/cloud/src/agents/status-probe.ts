/**
 * Asks connected agents how they are: PROBE through the relay, to the agent, to its directories, and back. Whoever
 * answers has been through all of them just now; nothing else counts as up.
 */
import { newId } from '@homeward/protocol/id';
import { pack } from '@homeward/protocol/package';
import type { Clock } from '../clock.ts';
import type { Agent, AgentRegistry } from './agent-registry.ts';

export type ProbeDeps = {
  registry: AgentRegistry;
  relay: {
    isConnected: (agentId: string) => boolean;
    send: (agentId: string, frame: Uint8Array) => 'sent' | 'offline' | 'busy';
  };
  tenantId: string;
  clock: Clock;
  log: { warn: (fields: object, message: string) => void };
};

export const PROBE_EVERY = 60_000;
/** for an answer, ms: a directory that hangs is given up by the agent before */
const PATIENCE = 30_000;
/** An agent whose clock is wrong must still answer, so that the clock is what is named. ms */
const LIFETIME = 15 * 60_000;

export class StatusProbe {
  readonly #deps: ProbeDeps;
  /** by request id */
  readonly #open = new Map<string, { agentId: string; until: number; answered: () => void }>();
  /** Unix ms by agent id: the first probe since the last answer */
  readonly #unanswered = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: ProbeDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = setInterval(() => void this.all(), PROBE_EVERY);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const { answered } of this.#open.values()) answered();
    this.#open.clear();
  }

  /** Resolves when all have answered, or after `patience` ms. */
  async all(patience = 0): Promise<void> {
    const { registry, relay, tenantId } = this.#deps;
    const connected = registry.of(tenantId).filter(({ id }) => relay.isConnected(id));
    await Promise.all(connected.map(({ id }) => this.one(id, patience)));
  }

  /** Resolves when the agent has answered, or after `patience` ms; never rejects. */
  async one(agentId: string, patience = 0): Promise<void> {
    const { registry, log } = this.#deps;
    const agent = registry.get(agentId);
    if (agent === undefined) return;
    try {
      const { answered } = await this.#send(agent);
      if (patience > 0) await Promise.race([answered, after(patience)]);
    } catch (err) {
      log.warn({ err, agentId }, 'an agent could not be asked how it is');
    }
  }

  /** True once for each probe, and only from the agent that was asked, in time: a repeated answer is no news. */
  answers(agentId: string, requestId: string): boolean {
    const probe = this.#open.get(requestId);
    if (probe?.agentId !== agentId) return false;
    this.#open.delete(requestId);
    this.#unanswered.delete(agentId);
    // Those who wait are told after the report has been kept.
    setImmediate(probe.answered);
    return this.#deps.clock() <= probe.until;
  }

  /** Unix ms; since when an agent owes an answer, undefined: it owes none */
  unansweredSince(agentId: string): number | undefined {
    return this.#unanswered.get(agentId);
  }

  async #send(agent: Agent): Promise<{ answered: Promise<void> }> {
    const { relay, tenantId, clock } = this.#deps;
    const now = clock();
    for (const [id, { until }] of this.#open) if (until < now) this.#open.delete(id);
    const header = { type: 'probe' as const, agentId: agent.id, requestId: newId(), expires: now + LIFETIME };
    const { promise: answered, resolve } = Promise.withResolvers<void>();
    this.#open.set(header.requestId, { agentId: agent.id, until: now + PATIENCE, answered: resolve });
    const frame = await pack({ header, body: new Uint8Array(0) }, tenantId, agent.current.packageKey);
    if (relay.send(agent.id, frame) === 'sent') {
      if (!this.#unanswered.has(agent.id)) this.#unanswered.set(agent.id, now);
    } else {
      this.#open.delete(header.requestId);
      resolve();
    }
    return { answered };
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
