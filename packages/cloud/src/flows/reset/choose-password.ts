import { Password, type PasswordProblem } from '@homeward/protocol/password';
import { type Form, readForm } from '../../http/form.ts';
import type { HttpContext } from '../../http/http-context.ts';
import { malformedPage } from '../../portal/error-pages.ts';
import { isFromScript, showWhereItIs } from './answer-directly.ts';
import { clearPasswordRefused } from './clear-password-refused.ts';
import type { ResetFlow } from './flow.ts';
import { orderReset } from './order-reset.ts';
import type { ResetDeps } from './reset-deps.ts';
import { takeSealed } from './sealed-password.ts';
import { flowOfForm } from './steps.ts';

type FieldProblem = PasswordProblem | 'mismatch' | 'confirmationEmpty';

export async function submitPassword(context: HttpContext, deps: ResetDeps): Promise<Response> {
  // Before its body is read: what comes without the header comes from no script of ours.
  if (deps.site.sealing === 'required' && !isFromScript(context)) return clearPasswordRefused(context, deps);
  const form = await readForm(context.req.raw);
  if (typeof form === 'string') return malformedPage(context, deps.site, form);
  const flow = await flowOfForm(context, deps, form, 'choosing');
  if (flow instanceof Response) return flow;
  if (form.text('sealed') !== '') return takeSealed(context, deps, flow, form);
  return takeClear(context, deps, flow, form);
}

async function takeClear(
  context: HttpContext,
  deps: ResetDeps,
  flow: ResetFlow,
  form: Form,
): Promise<Response> {
  const told = problemOf(form.text('problem'));
  if (told === undefined && deps.site.sealing === 'required') return clearPasswordRefused(context, deps);
  const password = told ?? choose(form.text('password'), form.text('confirmation'));
  if (typeof password === 'string') {
    await deps.store.flows.notice(flow.id, 'choosing', { kind: 'password', problem: password });
  } else {
    await orderReset(deps, flow, { password }, context.get('clientAddress'));
  }
  return showWhereItIs(context, deps);
}

/** What can be said about the two fields without asking anybody: it costs nothing and uses nothing up. */
export function choose(typed: string | undefined, confirmation: string | undefined): Password | FieldProblem {
  // Browsers send a lone surrogate as U+FFFD: another password than the one typed.
  if (typed === undefined || typed.includes('\uFFFD')) return 'illFormed';
  const password = Password.parse(typed);
  if (typeof password === 'string') return password;
  if (confirmation === '') return 'confirmationEmpty';
  return confirmation === typed ? password : 'mismatch';
}

const FIELD_PROBLEMS: readonly FieldProblem[] = [
  ...(['empty', 'tooLong', 'illFormed', 'containsNul'] as const),
  ...(['mismatch', 'confirmationEmpty'] as const),
];

/** What script found in the two fields, told instead of them. */
function problemOf(text: string | undefined): FieldProblem | undefined {
  return FIELD_PROBLEMS.find((problem) => problem === text);
}
