import { Password, type PasswordProblem } from '@homeward/protocol/password';
import { readForm } from '../../http/form.ts';
import { type HttpContext, page, seeOther } from '../../http/http-context.ts';
import type { Person } from '../../people/person.ts';
import { malformedPage } from '../../portal/error-pages.ts';
import { currentFlow } from './browser-binding.ts';
import { orderReset } from './order-reset.ts';
import { passwordPage } from './password-page.tsx';
import type { ResetDeps } from './reset-deps.ts';
import { flowAt, PATHS, pathOf } from './steps.ts';

export async function showPassword(context: HttpContext, deps: ResetDeps): Promise<Response> {
  const flow = await flowAt(context, deps, 'choosing');
  if (flow instanceof Response) return flow;
  const person = await deps.store.people.byId(flow.tenantId, flow.personId ?? '');
  const names = namesOf(person);
  const now = deps.clock();
  return page(context, passwordPage(deps.site, { flow, userName: person?.userName, names, now }));
}

export async function submitPassword(context: HttpContext, deps: ResetDeps): Promise<Response> {
  const form = await readForm(context.req.raw);
  if (typeof form === 'string') return malformedPage(context, deps.site, form);
  const flow = await flowAt(context, deps, 'choosing');
  if (flow instanceof Response) return flow;

  const password = choose(form.text('password'), form.text('confirmation'));
  if (typeof password === 'string') {
    await deps.store.flows.notice(flow.id, 'choosing', { kind: 'password', problem: password });
    return seeOther(context, PATHS.password);
  }
  await orderReset(deps, flow, { password }, context.get('clientAddress'));
  const after = await currentFlow(context, deps);
  return seeOther(context, after ? pathOf(after) : PATHS.done);
}

/** What complexity forbids in a password: the account name, and each part of the name that is shown. */
function namesOf(person: Person | undefined): string[] {
  const shown = (person?.displayName ?? '').split(/[,.\-_ #\t]+/);
  return [person?.samAccountName ?? '', ...shown].filter((part) => part.length >= 3);
}

/** What can be said about the two fields without asking anybody: it costs nothing and uses nothing up. */
export function choose(
  typed: string | undefined,
  confirmation: string | undefined,
): Password | PasswordProblem | 'mismatch' | 'confirmationEmpty' {
  // Browsers send a lone surrogate as U+FFFD: another password than the one typed.
  if (typed === undefined || typed.includes('\uFFFD')) return 'illFormed';
  const password = Password.parse(typed);
  if (typeof password === 'string') return password;
  if (confirmation === '') return 'confirmationEmpty';
  return confirmation === typed ? password : 'mismatch';
}
