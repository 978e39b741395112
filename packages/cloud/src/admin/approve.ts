/** A machine asks to be an agent: its code, what it is, and the decision. */
import type { AskingMachine } from '../agents/decide-device.ts';
import { readUserCode } from '../agents/decide-device.ts';
import { readForm } from '../http/form.ts';
import { type HttpContext, page, seeOther } from '../http/http-context.ts';
import { malformedPage } from '../portal/error-pages.ts';
import { messagePage } from '../portal/message-page.tsx';
import type { AdminDeps } from './admin-deps.ts';
import type { Administrator } from './administrator-store.ts';
import { type EntryProblem, entryPage, machinePage } from './approve-pages.tsx';
import type { GatesProblem } from './gates-form.tsx';
import { isOnlyOne } from './only-administrator.ts';
import { PATHS, requestPath } from './paths.ts';
import { overPage, proveAgain } from './prove-again.ts';
import { isOneOf } from './sign-in.ts';

export async function showEntry(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const problem = context.req.query('problem');
  const known = isOneOf<EntryProblem>(problem, deps.site.texts.admin.enterCode.problems);
  return page(context, entryPage(deps.site, administrator, known ? problem : undefined));
}

/** Wrong codes are counted per administrator; who is over the limit is blocked for as long as codes live. */
export async function submitEntry(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const { store, secrets, onboarding, tenant, clock } = deps;
  const form = await readForm(context.req.raw);
  if (typeof form === 'string') return malformedPage(context, deps.site, form);
  const typed = form.text('userCode') ?? '';
  const problem = (kind: EntryProblem) => seeOther(context, `${PATHS.approve}?problem=${kind}`);
  if (typed.trim() === '') return problem('empty');
  const userCode = readUserCode(typed);
  if (userCode === undefined) return problem('malformed');
  const key = secrets.hmac('throttle-key', 'user-code', administrator.id);
  const now = clock();
  const blocked = await store.throttle.blockedUntil('wrongUserCodes', key, now);
  if (blocked !== undefined) return tooManyPage(context, deps, blocked);
  const id = await onboarding.findByUserCode(userCode);
  if (id !== undefined) return seeOther(context, requestPath(id));
  const until = await store.throttle.take('wrongUserCodes', key, now);
  const clientAddress = context.get('clientAddress');
  await store.audit.append({
    ...{ tenantId: tenant.id, at: now, actorId: administrator.id, clientAddress },
    ...{ activity: 'authorizeDevice', result: 'userCodeWrong' },
  });
  return until === undefined ? problem('unknown') : tooManyPage(context, deps, until);
}

export async function showMachine(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const machine = await machineOf(context, deps);
  if (machine === undefined) return overPage(context, deps);
  const problem = context.req.query('problem');
  const known = isOneOf<GatesProblem>(problem, deps.site.texts.admin.machine.problems);
  const isOnlyAdministrator = await isOnlyOne(deps);
  return page(
    context,
    machinePage(deps.site, {
      ...{ administrator, machine, isOnlyAdministrator },
      problem: known ? problem : undefined,
    }),
  );
}

export async function approveMachine(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const machine = await machineOf(context, deps);
  if (machine === undefined) return overPage(context, deps);
  const refused = await proveAgain(context, deps, administrator, {
    activity: 'authorizeDevice',
    fingerprint: machine.fingerprint,
    path: requestPath(machine.id),
    wrong: () => deps.onboarding.countWrongEntry(machine.id),
  });
  if (refused) return refused;
  const decided = await deps.onboarding.decide(machine.id, 'approved', administrator.id);
  return decided ? seeOther(context, `${PATHS.agents}?news=approved`) : overPage(context, deps);
}

/** Needs no gates: to refuse does no harm. */
export async function refuseMachine(context: HttpContext, deps: AdminDeps, administrator: Administrator) {
  const decided = await deps.onboarding.decide(context.req.param('id') ?? '', 'denied', administrator.id);
  return decided ? seeOther(context, `${PATHS.agents}?news=refused`) : overPage(context, deps);
}

function machineOf(context: HttpContext, { onboarding }: AdminDeps): Promise<AskingMachine | undefined> {
  return onboarding.machine(context.req.param('id') ?? '');
}

function tooManyPage(context: HttpContext, { site, clock }: AdminDeps, until: number): Promise<Response> {
  const { limitedTitle, limitedBody } = site.texts.admin.enterCode;
  context.header('retry-after', String(Math.ceil((until - clock()) / 1000)));
  const body = limitedBody(site.moment(until));
  return page(context, messagePage({ site, title: limitedTitle, body }), 429);
}
