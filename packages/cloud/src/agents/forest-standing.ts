/** Whether a machine that enrols for some forests serves them at once, or has to be admitted. */
import type { EnrolledForest } from '@homeward/protocol/enrolment';
import type { Database } from '../store/database.ts';
import type { AgentTable } from './tables.ts';

/**
 * served: an agent serves one of the forests already. bereft: none does, and the last one was revoked by an
 * administrator so lately that a machine in its place needs another administrator's word too.
 */
export type ForestStanding = 'free' | 'served' | 'bereft';

/** One that is shut out for its copy is let in again one day; whoever made the copy must not find its place free. */
export const SERVES: readonly AgentTable['status'][] = ['active', 'cloned'];

const BEREFT_FOR = 24 * 3_600_000;

export async function forestStanding(
  database: Database,
  tenantId: string,
  asked: readonly EnrolledForest[],
  now: number,
): Promise<ForestStanding> {
  const rows = await database
    .selectFrom('agent')
    .select(['status', 'forests'])
    .where('tenantId', '=', tenantId)
    .where((row) =>
      row.or([
        row('status', 'in', SERVES),
        row.and([row('revokedBy', 'is not', null), row('statusSince', '>', now - BEREFT_FOR)]),
      ]),
    )
    .execute();
  const sids = new Set(asked.map(({ sid }) => sid));
  const theirs = rows.filter(({ forests }) => sidsOf(forests).some((sid) => sids.has(sid)));
  if (theirs.some(({ status }) => status !== 'revoked')) return 'served';
  return theirs.length > 0 ? 'bereft' : 'free';
}

/** @param forests JSON of a row */
export function sidsOf(forests: string): string[] {
  return (JSON.parse(forests) as EnrolledForest[]).map(({ sid }) => sid);
}
