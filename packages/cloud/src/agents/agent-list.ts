import { fromBase64url } from '@homeward/protocol/bytes';
import { type EnrolledForest, identityFingerprint } from '@homeward/protocol/enrolment';
import type { Database } from '../store/database.ts';
import { approversOf } from './admit-agent.ts';
import type { AgentTable } from './tables.ts';

/** An agent as administrators see it. Times in Unix ms. */
export type KnownAgent = {
  id: string;
  name: string;
  forests: EnrolledForest[];
  status: AgentTable['status'];
  since: number;
  /** of its current identity key */
  fingerprint: string;
  connected: boolean;
  /** ids of the administrators who have approved it, while it waits */
  approvedBy: string[];
};

export type ListDeps = {
  database: Database;
  tenant: { id: string };
  isConnected: (agentId: string) => boolean;
};

const ORDER: Record<AgentTable['status'], number> = { pending: 0, active: 1, cloned: 2, revoked: 3 };

/** Those that wait first, then those that serve. */
export async function listAgents({ database, tenant, isConnected }: ListDeps): Promise<KnownAgent[]> {
  const rows = await database
    .selectFrom('agent')
    .select(['id', 'name', 'forests', 'status', 'statusSince', 'enrolledAt', 'identityKey'])
    .where('tenantId', '=', tenant.id)
    .orderBy('enrolledAt')
    .execute();
  const agents = await Promise.all(
    rows.map(async (row) => ({
      id: row.id,
      name: row.name,
      forests: JSON.parse(row.forests) as EnrolledForest[],
      status: row.status,
      since: row.statusSince ?? row.enrolledAt,
      fingerprint: await identityFingerprint(fromBase64url(row.identityKey)),
      connected: row.status === 'active' && isConnected(row.id),
      approvedBy: row.status === 'pending' ? await approversOf(database, row.id) : [],
    })),
  );
  return agents.toSorted((a, b) => ORDER[a.status] - ORDER[b.status]);
}
