import { type HttpContext, page } from '../../http/http-context.ts';
import { messagePage } from '../../portal/message-page.tsx';
import { currentFlow } from './browser-binding.ts';
import type { ResetDeps } from './reset-deps.ts';
import { PATHS } from './steps.ts';

/** For tenants that take sealed passwords only. Nothing of the flow changes. */
export async function clearPasswordRefused(context: HttpContext, deps: ResetDeps): Promise<Response> {
  const { store, site, tenant, clock } = deps;
  const flow = await currentFlow(context, deps);
  await store.audit.append({
    tenantId: tenant.id,
    at: clock(),
    activity: 'resetBlocked',
    result: 'clearPasswordRefused',
    clientAddress: context.get('clientAddress'),
    ...(flow ? { flowId: flow.id, personId: flow.personId, actorId: flow.personId } : {}),
  });
  const { title, body } = site.texts.sealing.clearRefused;
  const action = { href: PATHS.userId, text: site.texts.startAgain };
  return page(context, messagePage({ site, title, body, action, supportCode: flow?.id }), 403);
}
