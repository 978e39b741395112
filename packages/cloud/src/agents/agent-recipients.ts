import { fromBase64url } from '@homeward/protocol/bytes';
import { type EnrolledForest, identityFingerprint } from '@homeward/protocol/enrolment';
import { MAX_RECIPIENTS, type RecipientList } from '@homeward/protocol/recipients';
import type { Database } from '../store/database.ts';
import type { Agent } from './agent-registry.ts';

/** Who receives passwords of the forests that this agent serves, itself included, and who waits to. */
export async function recipientsFor(database: Database, asking: Agent): Promise<RecipientList> {
  const served = new Set(asking.forests.map(({ sid }) => sid));
  const rows = await database
    .selectFrom('agent')
    .select(['id', 'name', 'forests', 'identityKey', 'status', 'enrolledAt'])
    .where('tenantId', '=', asking.tenantId)
    .where('status', 'not in', ['revoked', 'cloned'])
    .orderBy('enrolledAt')
    .execute();
  const sharing = rows
    .map((row) => {
      const forests = JSON.parse(row.forests) as EnrolledForest[];
      return { row, forests: forests.map(({ sid }) => sid).filter((sid) => served.has(sid)) };
    })
    .filter(({ forests }) => forests.length > 0);
  const recipients = await Promise.all(
    sharing.slice(0, MAX_RECIPIENTS).map(async ({ row, forests }) => ({
      ...{ agentId: row.id, name: row.name, forests, enrolledAt: row.enrolledAt },
      state: row.status === 'active' ? ('receives' as const) : ('waits' as const),
      fingerprint: await identityFingerprint(fromBase64url(row.identityKey)),
    })),
  );
  return { recipients, more: Math.max(0, sharing.length - MAX_RECIPIENTS) };
}
