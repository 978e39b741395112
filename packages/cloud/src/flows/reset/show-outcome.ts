import { type HttpContext, page, seeOther } from '../../http/http-context.ts';
import { currentFlow } from './browser-binding.ts';
import type { ResetFlow } from './flow.ts';
import { donePage, failedPage, pendingPage, workingPage } from './outcome-pages.tsx';
import type { ResetDeps } from './reset-deps.ts';
import { isUnderWay, resolveFlow } from './resolve-pending.ts';
import { endedPage, flowOfQuery, outcomePath, PATHS, pathOf } from './steps.ts';

/** The last page: the truth as far as it is known now. */
export async function showOutcome(context: HttpContext, deps: ResetDeps): Promise<Response> {
  const flow = await flowOfQuery(context, deps, 'ordered', 'done', 'failed');
  return flow instanceof Response ? flow : outcomePageOf(context, deps, flow);
}

/** @param read is `ordered`, `done` or `failed` */
export async function outcomePageOf(
  context: HttpContext,
  deps: ResetDeps,
  read: ResetFlow,
): Promise<Response> {
  const flow = read.state === 'ordered' ? await resolved(context, deps, read) : read;
  if (!flow) return endedPage(context, deps, 'missing');
  switch (flow.state) {
    case 'proving':
    case 'choosing':
      return seeOther(context, pathOf(flow));
    case 'ordered': {
      const soon = isUnderWay(deps, flow);
      // Shows itself anew without script; as a header it works under any content security policy.
      context.header('refresh', `${soon ? 2 : 10}; url=${outcomePath(flow)}`);
      return page(context, soon ? workingPage(deps.site, flow) : pendingPage(deps.site, flow));
    }
    case 'done': {
      const person = await deps.store.people.byId(flow.tenantId, flow.personId ?? '');
      return page(
        context,
        donePage(deps.site, { flow, userName: person?.userName, mailed: Boolean(person?.mail) }),
      );
    }
    case 'failed':
      if (!flow.outcome) return seeOther(context, PATHS.userId);
      return page(context, failedPage(deps.site, flow, flow.outcome));
  }
}

async function resolved(
  context: HttpContext,
  deps: ResetDeps,
  ordered: ResetFlow,
): Promise<ResetFlow | undefined> {
  await resolveFlow(deps, ordered);
  return currentFlow(context, deps);
}
