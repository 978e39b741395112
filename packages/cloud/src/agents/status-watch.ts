/** Everything that watches how agents are, put together for the composition root: reports, probes, and what they say. */
import { ProtocolError } from '@homeward/protocol/errors';
import type { FrameHeader, FrameType } from '@homeward/protocol/frame';
import { unpack } from '@homeward/protocol/package';
import { type AgentReport, decodeReport } from '@homeward/protocol/report';
import { Hono } from 'hono';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import { type AgentRegistry, packageKeyOf } from './agent-registry.ts';
import { AgentReports, type LastReport, type ReportsDeps, type ReportVerdict } from './agent-reports.ts';
import { isForgery } from './forged-frames.ts';
import type { LinkVerdict } from './genuine-links.ts';
import { reinstateAgent } from './reinstate-agent.ts';
import { saysUp, type TenantStatus, tenantStatus } from './status.ts';
import { type ProbeDeps, StatusProbe } from './status-probe.ts';

export type WatchDeps = {
  database: Database;
  registry: AgentRegistry;
  relay: ProbeDeps['relay'] & ReportsDeps['relay'] & { linksOf: (agentId: string) => number };
  tenant: { id: string };
  clock: Clock;
  log: ReportsDeps['log'];
};

export const REPORTING: ReadonlySet<FrameType> = new Set<FrameType>(['heartbeat', 'probed']);

/** A report that took longer than this on its way is not about now, ms. */
const LATE = 60_000;
/** An agent without any directory is asked this often, ms. */
const DOWN_EVERY = 5_000;
/** A command waits this long for the answers of agents, ms. */
const PATIENCE = 5_000;

export class StatusWatch {
  readonly #deps: WatchDeps;
  readonly #reports: AgentReports;
  readonly #probe: StatusProbe;
  readonly #startedAt: number;
  #untilUp: NodeJS.Timeout | undefined;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
    this.#startedAt = deps.clock();
    const { relay } = deps;
    this.#probe = new StatusProbe({
      ...{ ...deps, tenantId: deps.tenant.id },
      // Also one that is not known to be genuine yet may say how it is, and so show that.
      relay: { isConnected: (agentId) => relay.linksOf(agentId) > 0, send: relay.send },
    });
    this.#reports = new AgentReports({
      ...deps,
      answersProbe: (agentId, requestId) => this.#probe.answers(agentId, requestId),
    });
  }

  async start(): Promise<void> {
    await this.#reports.load();
    this.#probe.start();
    this.#untilUp = setInterval(() => this.#askThoseDown(), DOWN_EVERY);
    this.#untilUp.unref();
  }

  stop(): void {
    clearInterval(this.#untilUp);
    this.#probe.stop();
  }

  /** One more link of this agent is ready. */
  connected(agentId: string): void {
    void this.#probe.one(agentId);
  }

  /**
   * A frame of a REPORTING type, from the relay. Whatever is not authentic changes nothing.
   * @param judge of the link that an authentic report came by
   */
  async receive(
    header: FrameHeader,
    frame: Uint8Array,
    judge: (report: AgentReport) => Promise<LinkVerdict>,
  ): Promise<ReportVerdict | 'refused' | 'forged'> {
    const { registry, tenant, clock, log } = this.#deps;
    const agent = registry.get(header.agentId);
    if (agent === undefined) return 'refused';
    try {
      const { body } = await unpack(frame, tenant.id, (id) => packageKeyOf(agent, id));
      if (header.expires < clock() - LATE) return 'late';
      const report = decodeReport(body);
      return await this.#reports.receive(agent, header, report, await judge(report));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      log.warn({ agentId: agent.id, code: error.code }, 'a report was refused');
      return isForgery(error.code) ? 'forged' : 'refused';
    }
  }

  /** What people are told before any gate: false where no agent is connected, or none of them has a directory. */
  isUp(tenantId: string): boolean {
    const { registry, relay } = this.#deps;
    return registry.of(tenantId).some(({ id }) => relay.isConnected(id) && mayServe(this.#reports.last(id)));
  }

  /** Asks every connected agent first, and waits a moment for the answers. */
  async ask(patience = PATIENCE): Promise<TenantStatus> {
    await this.#probe.all(patience);
    return this.status();
  }

  /** People must not be turned away for a minute after a directory is back. */
  #askThoseDown(): void {
    const { registry, relay, tenant } = this.#deps;
    for (const { id } of registry.of(tenant.id)) {
      const isServing = relay.isConnected(id) && saysUp(this.#reports.last(id));
      if (relay.linksOf(id) > 0 && !isServing) void this.#probe.one(id);
    }
  }

  status(): Promise<TenantStatus> {
    const deps = { ...this.#deps, reports: this.#reports, probe: this.#probe, startedAt: this.#startedAt };
    return tenantStatus(deps, this.#deps.tenant.id);
  }

  /**
   * Lets an agent in again of which a copy ran.
   * @param by id of the administrator; none for a command on the cloud's own machine
   * @returns false where it was not shut out for that
   */
  reinstate(agentId: string, by?: string): Promise<boolean> {
    return reinstateAgent({ ...this.#deps, reports: this.#reports }, agentId, by);
  }

  /** `GET /status` and `POST /agents/<id>/reinstate`, for commands on the cloud's own machine. */
  control(): Hono {
    return new Hono()
      .get('/status', async (context) => context.json(await this.ask()))
      .post('/agents/:id/reinstate', async (context) =>
        context.json({ reinstated: await this.reinstate(context.req.param('id')) }),
      );
  }
}

/** An agent that just started has asked no directory yet. Nobody is turned away for that. */
function mayServe(last: LastReport | undefined): boolean {
  return saysUp(last) || Object.values(last?.report.forests ?? {}).includes('unknown');
}
