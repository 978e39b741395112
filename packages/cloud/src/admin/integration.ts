import { type HttpContext, page, seeOther } from '../http/http-context.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Administrator } from './administrator-store.ts';
import { type IntegrationNews, integrationPage } from './integration-page.tsx';
import { PATHS } from './paths.ts';
import { isOneOf } from './sign-in.ts';

/** Asks every agent first: whoever opens the page wants to know how it is now. */
export async function showIntegration(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const status = await deps.status.ask();
  const news = context.req.query('news');
  const known = isOneOf<IntegrationNews>(news, deps.site.texts.integration.news);
  return page(context, integrationPage(deps.site, { administrator, status, news: known ? news : undefined }));
}

export async function reinstate(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const agentId = context.req.param('id') ?? '';
  const reinstated = await deps.status.reinstate(agentId, administrator.id);
  return seeOther(context, `${PATHS.integration}?news=${reinstated ? 'reinstated' : 'notReinstated'}`);
}
