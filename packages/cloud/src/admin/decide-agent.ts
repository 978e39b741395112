/** The agents of the tenant: the list, an administrator's word for one that waits, and the end of one. */
import type { KnownAgent } from '../agents/agent-list.ts';
import { type HttpContext, page, seeOther } from '../http/http-context.ts';
import { messagePage } from '../portal/message-page.tsx';
import type { AdminDeps } from './admin-deps.ts';
import type { Administrator } from './administrator-store.ts';
import { revokePage, waitingPage } from './agent-pages.tsx';
import { type AgentsNews, agentsPage } from './agents-page.tsx';
import type { GatesProblem } from './gates-form.tsx';
import { agentPath, PATHS } from './paths.ts';
import { proveAgain } from './prove-again.ts';
import { isOneOf } from './sign-in.ts';

export async function showAgents(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const agents = await deps.onboarding.agents();
  const news = context.req.query('news');
  const known = isOneOf<AgentsNews>(news, deps.site.texts.admin.agents.news);
  return page(context, agentsPage(deps.site, { administrator, agents, news: known ? news : undefined }));
}

export async function showWaiting(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const agent = await waitingAgent(context, deps);
  if (agent === undefined) return gonePage(context, deps);
  const problem = context.req.query('problem');
  const known = isOneOf<GatesProblem>(problem, deps.site.texts.admin.machine.problems);
  const approvers = await Promise.all(
    agent.approvedBy.map((id) => deps.store.administrators.byId(deps.tenant.id, id)),
  );
  return page(
    context,
    waitingPage(deps.site, {
      ...{ administrator, agent, problem: known ? problem : undefined },
      approvers: approvers.flatMap((one) => one?.userName ?? []),
    }),
  );
}

export async function approveAgent(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const agent = await waitingAgent(context, deps);
  if (agent === undefined) return gonePage(context, deps);
  const refused = await proveAgain(context, deps, administrator, {
    fingerprint: agent.fingerprint,
    path: agentPath(agent.id),
    // Wrong passwords and codes have limits of their own; an agent that waits does not end by guesses.
    wrong: async () => false,
  });
  if (refused) return refused;
  const approval = await deps.onboarding.admit(agent.id, administrator.id);
  if (approval === 'admitted') deps.wakeOutbox();
  return seeOther(context, `${PATHS.agents}?news=${approval === 'approvedBefore' ? 'oneMore' : approval}`);
}

export async function showRevoke(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const agent = await agentOf(context, deps);
  return agent === undefined || agent.status === 'revoked'
    ? gonePage(context, deps)
    : page(context, revokePage(deps.site, administrator, agent));
}

export async function revoke(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const agent = await agentOf(context, deps);
  const revoked = agent !== undefined && (await deps.onboarding.revoke(agent.id, administrator.id));
  return seeOther(context, `${PATHS.agents}?news=${revoked ? 'revoked' : 'notWaiting'}`);
}

async function agentOf(context: HttpContext, { onboarding }: AdminDeps): Promise<KnownAgent | undefined> {
  const id = context.req.param('id');
  return (await onboarding.agents()).find((agent) => agent.id === id);
}

async function waitingAgent(context: HttpContext, deps: AdminDeps): Promise<KnownAgent | undefined> {
  const agent = await agentOf(context, deps);
  return agent?.status === 'pending' ? agent : undefined;
}

function gonePage(context: HttpContext, { site }: AdminDeps): Promise<Response> {
  const { gone } = site.texts.admin.waiting;
  const action = { href: PATHS.agents, text: site.texts.admin.machine.over.action };
  return page(context, messagePage({ site, ...gone, action }), 404);
}
