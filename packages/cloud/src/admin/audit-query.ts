import type { AuditPage, AuditReader } from '../audit/audit-reader.ts';
import { isPlace } from '../audit/audit-reader.ts';
import { activitiesOf } from '../audit/audit-topics.ts';
import { readSupportCode } from '../audit/support-code.ts';

/** What a query string asks for; a text that is empty asks for nothing. */
export type AskedAudit = {
  /** a support code, or its beginning */
  flow: string;
  /** a person or an administrator, by name or id */
  person: string;
  /** topics and activities */
  activity: string;
  /** Unix ms */
  since?: string;
  after: string;
};

export type AuditProblem =
  | 'flowMalformed'
  | 'personUnknown'
  | 'activityUnknown'
  | 'sinceMalformed'
  | 'placeMalformed';

/** `flows` are the resets that the support code stands for; their steps come oldest first, all others newest first. */
export type AuditAnswer = AuditPage & { flows?: string[]; moreFlows?: boolean };

const MOST_FLOWS = 10;

/** @returns the entries, or all that is wrong with what was asked */
export async function askAudit(
  reader: AuditReader,
  tenantId: string,
  { flow, person, activity, since = '', after }: AskedAudit,
  limit: number,
): Promise<AuditAnswer | { problems: AuditProblem[] }> {
  const problems: AuditProblem[] = [];
  const beginning = flow === '' ? undefined : readSupportCode(flow);
  if (flow !== '' && beginning === undefined) problems.push('flowMalformed');
  const people = person === '' ? undefined : await reader.peopleNamed(tenantId, person);
  if (people?.length === 0) problems.push('personUnknown');
  const activities = activity === '' ? undefined : activitiesOf(activity);
  if (activity !== '' && activities === undefined) problems.push('activityUnknown');
  if (since !== '' && !/^\d{1,16}$/.test(since)) problems.push('sinceMalformed');
  if (after !== '' && !isPlace(after)) problems.push('placeMalformed');
  if (problems.length > 0) return { problems };
  const query = {
    ...{ people, activities, limit },
    since: since === '' ? undefined : Number(since),
    after: after === '' ? undefined : after,
  };
  if (beginning === undefined) return reader.page(tenantId, { ...query, order: 'newestFirst' });
  const matching = await reader.flowsBeginning(tenantId, beginning, MOST_FLOWS + 1);
  const flows = matching.slice(0, MOST_FLOWS);
  const page = await reader.page(tenantId, { ...query, flows, order: 'oldestFirst' });
  return { ...page, flows, moreFlows: matching.length > MOST_FLOWS };
}
