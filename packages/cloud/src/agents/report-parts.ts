/** Reports of agents with more forests than one frame has room for. See `encodeReports` of the protocol. */
import { ProtocolError } from '@homeward/protocol/errors';
import { type AgentReport, MOST_FORESTS } from '@homeward/protocol/report';

/** Of an agent, under way at once: a heartbeat by each link and the answers to some probes. */
const MOST_INCOMPLETE = 8;

export type ReportParts = {
  /** To be asked for each that comes, in any order. @returns whether all of this report are here now */
  isWhole: (agentId: string, requestId: string, part: AgentReport['part']) => boolean;
  forget: (agentId: string) => void;
};

export function reportParts(): ReportParts {
  const incomplete = new Map<string, Map<string, Set<number>>>();
  return {
    isWhole(agentId, requestId, part) {
      if (part === undefined) return true;
      const ofAgent = incomplete.get(agentId) ?? new Map<string, Set<number>>();
      incomplete.set(agentId, ofAgent);
      const numbers = ofAgent.get(requestId) ?? new Set();
      ofAgent.set(requestId, numbers.add(part.number));
      const [oldest] = ofAgent.keys();
      const isWhole = numbers.size === part.of;
      if (isWhole) ofAgent.delete(requestId);
      else if (ofAgent.size > MOST_INCOMPLETE && oldest !== undefined) ofAgent.delete(oldest);
      return isWhole;
    },
    forget: (agentId) => void incomplete.delete(agentId),
  };
}

/**
 * A part says nothing of the other forests, so they are as the same start of the agent had them before: which ones it
 * has does not change while it runs.
 * @throws {ProtocolError} ERR_REPORT_MALFORMED where they become more than an agent may have
 */
export function withKnownForests(
  { part, ...report }: AgentReport,
  before: AgentReport | undefined,
): AgentReport {
  if (part === undefined) return report;
  const isSameStart = before?.session === report.session && before.instance === report.instance;
  const forests = { ...(isSameStart && before.forests), ...report.forests };
  const count = Object.keys(forests).length;
  if (count > MOST_FORESTS)
    throw new ProtocolError('ERR_REPORT_MALFORMED', `${count} forests: an agent has at most ${MOST_FORESTS}`);
  return { ...report, forests };
}
