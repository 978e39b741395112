import { type HttpContext, page } from '../http/http-context.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Administrator } from './administrator-store.ts';
import { auditPage } from './audit-page.tsx';
import { type AuditAnswer, askAudit } from './audit-query.ts';

const ON_A_PAGE = 50;
const NONE: AuditAnswer = { entries: [] };

export async function showAudit(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const { store, tenant, site } = deps;
  const typed = (name: string) => (context.req.query(name) ?? '').trim();
  const asked = {
    ...{ flow: typed('flow'), person: typed('person'), activity: typed('activity') },
    after: typed('after'),
  };
  const answer = await askAudit(store.auditReader, tenant.id, asked, ON_A_PAGE);
  const problems = 'problems' in answer ? answer.problems : [];
  const found = 'problems' in answer ? NONE : answer;
  const shown = auditPage(site, { administrator, asked, found, problems });
  return page(context, shown, problems.length > 0 ? 400 : 200);
}
