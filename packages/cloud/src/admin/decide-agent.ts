/** The agents of the tenant: the list, an administrator's word for one that waits, and the end of one. */
import type { KnownAgent } from '../agents/agent-list.ts';
import { type HttpContext, page, seeOther } from '../http/http-context.ts';
import { messagePage } from '../portal/message-page.tsx';
import type { AdminDeps } from './admin-deps.ts';
import type { Administrator } from './administrator-store.ts';
import { revokePage, waitingPage } from './agent-pages.tsx';
import { type AgentsNews, agentsPage } from './agents-page.tsx';
import type { GatesProblem } from './gates-form.tsx';
import { isOnlyOne } from './only-administrator.ts';
import { agentPath, PATHS } from './paths.ts';
import { proveAgain } from './prove-again.ts';
import { isOneOf } from './sign-in.ts';

export async function showAgents(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const { onboarding, site } = deps;
  const [agents, approved] = await Promise.all([onboarding.agents(), onboarding.approved()]);
  const news = context.req.query('news');
  const known = isOneOf<AgentsNews>(news, site.texts.admin.agents.news);
  const shown = agentsPage(site, { administrator, agents, approved, news: known ? news : undefined });
  return page(context, shown);
}

export async function showWaiting(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const agent = await waitingAgent(context, deps);
  if (agent === undefined) return gonePage(context, deps);
  const approvers = await Promise.all(
    agent.approvedBy.map((id) => deps.store.administrators.byId(deps.tenant.id, id)),
  );
  return page(
    context,
    waitingPage(deps.site, {
      ...{ administrator, agent, problem: problemIn(context, deps) },
      canBeAdmittedByAgent: await canBeAdmittedByAgent(deps, agent),
      isOnlyAdministrator: await isOnlyOne(deps),
      approvers: approvers.flatMap((one) => one?.userName ?? []),
    }),
  );
}

export async function approveAgent(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const agent = await waitingAgent(context, deps);
  if (agent === undefined) return gonePage(context, deps);
  const refused = await proveAgain(context, deps, administrator, {
    activity: 'authorizeDevice',
    fingerprint: agent.fingerprint,
    path: agentPath(agent.id),
  });
  if (refused) return refused;
  const approval = await deps.onboarding.admit(agent.id, administrator.id);
  if (approval === 'admitted') deps.wakeOutbox();
  return seeOther(context, `${PATHS.agents}?news=${approval === 'approvedBefore' ? 'oneMore' : approval}`);
}

export async function showRevoke(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const agent = await agentOf(context, deps);
  if (agent === undefined || agent.status === 'revoked') return gonePage(context, deps);
  return page(
    context,
    revokePage(deps.site, {
      ...{ administrator, agent, problem: problemIn(context, deps) },
      bereft: agent.status === 'pending' ? [] : await unservedBeside(deps, agent),
      isOnlyAdministrator: await isOnlyOne(deps),
    }),
  );
}

export async function revoke(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const agent = await agentOf(context, deps);
  if (agent === undefined || agent.status === 'revoked') return gonePage(context, deps);
  const path = `${agentPath(agent.id)}/revoke`;
  const refused = await proveAgain(context, deps, administrator, { activity: 'revokeAgent', path });
  if (refused) return refused;
  const revoked = await deps.onboarding.revoke(agent.id, administrator.id);
  if (revoked) deps.wakeOutbox();
  return seeOther(context, `${PATHS.agents}?news=${revoked ? 'revoked' : 'notWaiting'}`);
}

function problemIn(context: HttpContext, { site }: AdminDeps): GatesProblem | undefined {
  const problem = context.req.query('problem');
  return isOneOf<GatesProblem>(problem, site.texts.admin.machine.problems) ? problem : undefined;
}

/** Domains of the forests of this agent that no other one is in service for. */
async function unservedBeside({ onboarding }: AdminDeps, agent: KnownAgent): Promise<string[]> {
  const others = (await onboarding.agents()).filter(
    ({ id, status }) => id !== agent.id && status === 'active',
  );
  const served = new Set(others.flatMap(({ forests }) => forests.map(({ sid }) => sid)));
  return agent.forests.filter(({ sid }) => !served.has(sid)).map(({ domain }) => domain);
}

/** One agent has to serve all of its forests: nobody speaks for a forest that is not theirs. */
async function canBeAdmittedByAgent({ onboarding }: AdminDeps, waiting: KnownAgent): Promise<boolean> {
  return (await onboarding.agents()).some(({ status, forests }) => {
    const served = new Set(forests.map(({ sid }) => sid));
    return status === 'active' && waiting.forests.every(({ sid }) => served.has(sid));
  });
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
