import type { KnownAgent } from '../agents/agent-list.ts';
import { type HttpContext, page, seeOther } from '../http/http-context.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Administrator } from './administrator-store.ts';
import { reinstatePage } from './agent-pages.tsx';
import type { GatesProblem } from './gates-form.tsx';
import { type IntegrationNews, integrationPage } from './integration-page.tsx';
import { PATHS, reinstatePath } from './paths.ts';
import { proveAgain } from './prove-again.ts';
import { isOneOf } from './sign-in.ts';

/** Asks every agent first: whoever opens the page wants to know how it is now. */
export async function showIntegration(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const status = await deps.status.ask();
  const news = context.req.query('news');
  const known = isOneOf<IntegrationNews>(news, deps.site.texts.integration.news);
  return page(context, integrationPage(deps.site, { administrator, status, news: known ? news : undefined }));
}

export async function showReinstate(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const agent = await shutOutAgent(context, deps);
  if (agent === undefined) return seeOther(context, `${PATHS.integration}?news=notReinstated`);
  const problem = context.req.query('problem');
  const known = isOneOf<GatesProblem>(problem, deps.site.texts.admin.machine.problems);
  return page(
    context,
    reinstatePage(deps.site, { administrator, agent, problem: known ? problem : undefined }),
  );
}

export async function reinstate(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const agent = await shutOutAgent(context, deps);
  if (agent === undefined) return seeOther(context, `${PATHS.integration}?news=notReinstated`);
  const path = reinstatePath(agent.id);
  const refused = await proveAgain(context, deps, administrator, { activity: 'agentReinstated', path });
  if (refused) return refused;
  const reinstated = await deps.status.reinstate(agent.id, administrator.id);
  if (reinstated) deps.wakeOutbox();
  return seeOther(context, `${PATHS.integration}?news=${reinstated ? 'reinstated' : 'notReinstated'}`);
}

async function shutOutAgent(
  context: HttpContext,
  { onboarding }: AdminDeps,
): Promise<KnownAgent | undefined> {
  const id = context.req.param('id');
  return (await onboarding.agents()).find((agent) => agent.id === id && agent.status === 'cloned');
}
