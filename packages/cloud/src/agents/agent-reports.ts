/**
 * What agents say of themselves, in HEARTBEAT and PROBED, and the one lie that matters: a second machine that runs
 * with a copy of an agent's state. Each start of an agent counts one further on its own disk, so a report from an
 * earlier start, or from another start with the same number, comes from a copy; so does one by a link more than an
 * agent can have (see genuine-links.ts).
 */
import { EVENTS } from '@homeward/protocol/event';
import type { FrameHeader } from '@homeward/protocol/frame';
import type { AgentReport } from '@homeward/protocol/report';
import { auditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import type { Agent, AgentRegistry } from './agent-registry.ts';
import type { LinkVerdict } from './genuine-links.ts';
import { reportParts, withKnownForests } from './report-parts.ts';

export type AgentReportTable = {
  agentId: string;
  session: number;
  instance: string;
  /** JSON: AgentReport */
  report: string;
  /** Unix ms */
  receivedAt: number;
  /** Unix ms; when it last answered a probe, null: never */
  probedAt: number | null;
};

export type LastReport = {
  report: AgentReport;
  /** Unix ms on the cloud's clock */
  receivedAt: number;
  /** Unix ms; when its directories were last asked for us, undefined: never */
  probedAt: number | undefined;
  /** what the agent's clock is ahead of ours, ms; the way of the report included */
  clockOffset: number;
};

/**
 * takenInPart: kept as taken, and more of the same report is to come.
 * late: what an earlier start, or a link that is gone, had said
 */
export type ReportVerdict = 'taken' | 'takenInPart' | 'late' | 'cloned';

export type ReportsDeps = {
  database: Database;
  registry: AgentRegistry;
  relay: { disconnect: (agentId: string) => void };
  /** whether a PROBED with this request id answers a probe of ours that is still open */
  answersProbe: (agentId: string, requestId: string) => boolean;
  clock: Clock;
  log: {
    debug?: (fields: object, message: string) => void;
    info: (fields: object, message: string) => void;
    warn: (fields: object, message: string) => void;
  };
};

/** The last report of each agent, also in memory: whether an agent is up is asked at every page. */
export class AgentReports {
  readonly #deps: ReportsDeps;
  readonly #last = new Map<string, LastReport>();
  readonly #parts = reportParts();

  constructor(deps: ReportsDeps) {
    this.#deps = deps;
  }

  /** What was known before the cloud was restarted. */
  async load(): Promise<void> {
    for (const row of await this.#deps.database.selectFrom('agentReport').selectAll().execute()) {
      const report = JSON.parse(row.report) as AgentReport;
      this.#last.set(row.agentId, {
        report,
        receivedAt: row.receivedAt,
        probedAt: row.probedAt ?? undefined,
        clockOffset: report.clock - row.receivedAt,
      });
    }
  }

  last(agentId: string): LastReport | undefined {
    return this.#last.get(agentId);
  }

  /**
   * A report whose package was opened with a key of this agent, and what the link is that it came by.
   * @throws {ProtocolError} ERR_REPORT_MALFORMED where its parts have more forests than an agent may have
   */
  async receive(
    agent: Agent,
    header: FrameHeader,
    told: AgentReport,
    link: LinkVerdict,
  ): Promise<ReportVerdict> {
    const { clock, log, answersProbe, database } = this.#deps;
    const at = clock();
    const before = this.#last.get(agent.id);
    const isWhole = this.#parts.isWhole(agent.id, header.requestId, told.part);
    // All of its directories were asked: an answer that misses some of them is none yet.
    const isProbe = isWhole && header.type === 'probed' && answersProbe(agent.id, header.requestId);
    const report = withKnownForests(told, before?.report);
    if (link === 'gone') return 'late';
    const isKnown = before === undefined || isSuccessor(report, before.report);
    // What an earlier start said before it ended may arrive late; a copy speaks now.
    if (!isKnown && link !== 'cloned' && report.clock <= before.report.clock) return 'late';
    if (!isKnown || link === 'cloned') {
      await this.#close(agent, report, before?.report);
      return 'cloned';
    }
    const probedAt = isProbe ? at : before?.probedAt;
    const clockOffset = report.clock - at;
    this.#last.set(agent.id, { report, receivedAt: at, probedAt, clockOffset });
    const { session, instance } = report;
    const row = {
      session,
      instance,
      report: JSON.stringify(report),
      receivedAt: at,
      probedAt: probedAt ?? null,
    };
    await database
      .insertInto('agentReport')
      .values({ agentId: agent.id, ...row })
      .onConflict((conflict) => conflict.column('agentId').doUpdateSet(row))
      .execute();
    log.debug?.({ event: EVENTS.heartbeat, agentId: agent.id, type: header.type }, 'an agent reported');
    return isWhole ? 'taken' : 'takenInPart';
  }

  /** Forgets what was said: the next report is the first. For an agent that is looked at and let in again. */
  async forget(agentId: string): Promise<void> {
    this.#last.delete(agentId);
    this.#parts.forget(agentId);
    await this.#deps.database.deleteFrom('agentReport').where('agentId', '=', agentId).execute();
  }

  async #close(agent: Agent, copy: AgentReport, known: AgentReport | undefined): Promise<void> {
    const { database, registry, relay, clock, log } = this.#deps;
    await database.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('agent')
        .set({ status: 'cloned', statusSince: clock() })
        .where('id', '=', agent.id)
        .where('status', '=', 'active')
        .executeTakeFirst();
      // Each of its links may show it; it is found once.
      if (numUpdatedRows === 0n) return;
      await auditLog(transaction).append({
        ...{ tenantId: agent.tenantId, at: clock(), actorId: agent.id, agentId: agent.id },
        ...{ activity: 'agentCloned', result: 'agentCloned' },
      });
    });
    await registry.refresh();
    relay.disconnect(agent.id);
    const fields = { agentId: agent.id, session: copy.session, known: known?.session };
    log.warn(
      { event: EVENTS.serviceError, code: 'ERR_AGENT_CLONED', ...fields },
      'two machines run as one agent: it gets nothing more until an administrator has looked',
    );
  }
}

function isSuccessor(report: AgentReport, before: AgentReport): boolean {
  if (report.session !== before.session) return report.session > before.session;
  return report.instance === before.instance;
}
