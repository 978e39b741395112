import { type HttpContext, page } from '../../http/http-context.ts';
import type { Person } from '../../people/person.ts';
import type { ResetFlow } from './flow.ts';
import { passwordPage } from './password-page.tsx';
import type { ResetDeps } from './reset-deps.ts';
import { endedPage, flowAt, isOver } from './steps.ts';

export async function showPassword(context: HttpContext, deps: ResetDeps): Promise<Response> {
  const flow = await flowAt(context, deps, 'choosing');
  return flow instanceof Response ? flow : passwordPageOf(context, deps, flow);
}

/** @param flow is `choosing` */
export async function passwordPageOf(
  context: HttpContext,
  deps: ResetDeps,
  flow: ResetFlow,
): Promise<Response> {
  if (isOver(flow, deps.clock())) return endedPage(context, deps, 'expired', flow);
  const person = await deps.store.people.byId(flow.tenantId, flow.personId ?? '');
  const names = namesOf(person);
  const now = deps.clock();
  return page(context, passwordPage(deps.site, { flow, userName: person?.userName, names, now }));
}

/** What complexity forbids in a password: the account name, and each part of the name that is shown. */
function namesOf(person: Person | undefined): string[] {
  const shown = (person?.displayName ?? '').split(/[,.\-_ #\t]+/);
  return [person?.samAccountName ?? '', ...shown].filter((part) => part.length >= 3);
}
