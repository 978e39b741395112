import { Hono } from 'hono';
import type { HttpContext, HttpEnv } from '../http/http-context.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Administrator } from './administrator-store.ts';
import { approveMachine, refuseMachine, showEntry, showMachine, submitEntry } from './approve.ts';
import { showAudit } from './audit-show.ts';
import { approveAgent, revoke, showAgents, showRevoke, showWaiting } from './decide-agent.ts';
import { showEvents } from './events.ts';
import { reinstate, showIntegration, showReinstate } from './integration.ts';
import { notFoundInPortal } from './not-found.ts';
import { agentPath, PATHS, reinstatePath, requestPath } from './paths.ts';
import { administratorAt } from './session.ts';
import { showCode, showSignIn, signOut, submitCode, submitSignIn, toSignIn } from './sign-in.ts';

type Behind = (context: HttpContext, deps: AdminDeps, administrator: Administrator) => Promise<Response>;

export function adminRoutes(deps: AdminDeps): Hono<HttpEnv> {
  const behind = (show: Behind) => async (context: HttpContext) => {
    const administrator = await administratorAt(context, deps, 'signedIn');
    return administrator === undefined ? toSignIn(context) : show(context, deps, administrator);
  };
  const [oneRequest, oneAgent] = [requestPath(':id'), agentPath(':id')];
  return new Hono<HttpEnv>()
    .get(PATHS.signIn, (context) => showSignIn(context, deps))
    .post(PATHS.signIn, (context) => submitSignIn(context, deps))
    .get(PATHS.code, (context) => showCode(context, deps))
    .post(PATHS.code, (context) => submitCode(context, deps))
    .post(PATHS.signOut, (context) => signOut(context, deps))
    .get(PATHS.agents, behind(showAgents))
    .get(PATHS.integration, behind(showIntegration))
    .get(PATHS.events, behind(showEvents))
    .get(PATHS.audit, behind(showAudit))
    .get(reinstatePath(':id'), behind(showReinstate))
    .post(reinstatePath(':id'), behind(reinstate))
    .get(PATHS.approve, behind(showEntry))
    .post(PATHS.approve, behind(submitEntry))
    .get(oneRequest, behind(showMachine))
    .post(oneRequest, behind(approveMachine))
    .post(`${oneRequest}/refuse`, behind(refuseMachine))
    .get(oneAgent, behind(showWaiting))
    .post(oneAgent, behind(approveAgent))
    .get(`${oneAgent}/revoke`, behind(showRevoke))
    .post(`${oneAgent}/revoke`, behind(revoke))
    .all(`${PATHS.agents}/*`, (context) => notFoundInPortal(context, deps));
}
