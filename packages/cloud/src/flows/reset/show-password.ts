import { type HttpContext, page } from '../../http/http-context.ts';
import type { Person } from '../../people/person.ts';
import { passwordPage } from './password-page.tsx';
import type { ResetDeps } from './reset-deps.ts';
import { flowAt } from './steps.ts';

export async function showPassword(context: HttpContext, deps: ResetDeps): Promise<Response> {
  const flow = await flowAt(context, deps, 'choosing');
  if (flow instanceof Response) return flow;
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
