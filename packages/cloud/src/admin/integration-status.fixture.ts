import type { AgentStatus, TenantStatus } from '../agents/status.ts';
import { CLOUD_VERSION } from '../agents/status-versions.ts';

export const SID = 'S-1-5-21-1-2-3';
const AT = Date.UTC(2026, 10, 21, 12);
const ID = '5f0c0a52-0000-4000-8000-000000000001';

/** An agent that reached its directory a moment ago, by one link of two. */
export function anAgentStatus(name: string): AgentStatus {
  return {
    ...{ id: ID, name, status: 'active', links: 1, warnings: ['oneLink'], forests: { [SID]: 'up' } },
    keys: { generation: 2, madeAt: AT - 86_400_000 },
    ...{ enrolledAt: AT - 9 * 86_400_000, lastHeardAt: AT, lastProbedAt: AT, clockOffset: 0 },
    report: {
      ...{ version: CLOUD_VERSION, session: 5, instance: 'a', clock: AT, generation: 2, breakerOpen: false },
      forests: { [SID]: 'up' },
      counts: { served: 3, applied: 2, unsettled: 0, people: 10 },
    },
  };
}

export function aTenantStatus(changes: Partial<TenantStatus>): TenantStatus {
  return {
    ...{ state: 'up', at: AT, version: CLOUD_VERSION, agents: [anAgentStatus('dc-agent-1')] },
    forests: [{ sid: SID, domain: 'corp.example.com', link: 'up', agents: [ID] }],
    ...changes,
  };
}
