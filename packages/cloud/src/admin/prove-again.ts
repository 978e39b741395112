/** What a decision about an agent asks for, although somebody is signed in: both gates, and for a new machine
 * characters that are read at it. */
import { type Form, readForm } from '../http/form.ts';
import type { HttpContext } from '../http/http-context.ts';
import { page, seeOther } from '../http/http-context.ts';
import { malformedPage } from '../portal/error-pages.ts';
import { messagePage } from '../portal/message-page.tsx';
import type { AdminDeps } from './admin-deps.ts';
import type { Administrator } from './administrator-store.ts';
import type { GatesProblem } from './gates-form.tsx';
import { endsWithTyped } from './masked-fingerprint.ts';
import { PATHS } from './paths.ts';
import { proveCode, provePassword } from './prove-administrator.ts';
import { limitedPage } from './sign-in.ts';

export type ProofSubject = {
  activity: 'authorizeDevice' | 'revokeAgent' | 'agentReinstated';
  /** of a new machine: its end has to be typed */
  fingerprint?: string;
  /** of the page with the form */
  path: string;
  /** hears of each wrong entry; true where that ends the matter. Passwords and codes have limits of their own */
  wrong?: () => Promise<boolean>;
};

/** @returns undefined where everything is proven; else the answer that says what is not */
export async function proveAgain(
  context: HttpContext,
  deps: AdminDeps,
  administrator: Administrator,
  subject: ProofSubject,
): Promise<Response | undefined> {
  const { store, site, tenant, clock } = deps;
  const form = await readForm(context.req.raw);
  if (typeof form === 'string') return malformedPage(context, site, form);
  const { activity } = subject;
  // Not for a revocation: an agent could describe a person of every administrator's name, and be safe from them.
  const letsIn = activity !== 'revokeAgent';
  if (letsIn && (await store.administrators.isInDirectory(tenant.id, administrator.userName))) {
    const audited = { tenantId: tenant.id, at: clock(), actorId: administrator.id } as const;
    await store.audit.append({ ...audited, activity, result: 'inDirectory' });
    return page(context, messagePage({ site, ...site.texts.admin.machine.inDirectory }), 403);
  }
  const result = await check(context, deps, administrator, subject.fingerprint, form);
  if (result === undefined || result instanceof Response) return result;
  const isWrong = result !== 'empty' && result !== 'emptyGates' && result !== 'codeUsed';
  if (isWrong && (await subject.wrong?.())) return overPage(context, deps);
  return seeOther(context, `${subject.path}?problem=${result}`);
}

/** The fingerprint first: a code is not used up for a machine that is not the one. */
async function check(
  context: HttpContext,
  deps: AdminDeps,
  administrator: Administrator,
  fingerprint: string | undefined,
  form: Form,
): Promise<GatesProblem | Response | undefined> {
  const [ending = '', password = '', code = ''] = ['ending', 'password', 'code'].map((name) =>
    form.text(name),
  );
  if (fingerprint === undefined) {
    if (!password || !code.trim()) return 'emptyGates';
  } else if (!ending.trim() || !password || !code.trim()) return 'empty';
  const { store, tenant, clock } = deps;
  const clientAddress = context.get('clientAddress');
  if (fingerprint !== undefined && !endsWithTyped(fingerprint, ending)) {
    const audited = { tenantId: tenant.id, at: clock(), actorId: administrator.id, clientAddress } as const;
    await store.audit.append({ ...audited, activity: 'authorizeDevice', result: 'fingerprintWrong' });
    return 'ending';
  }
  const first = await provePassword(deps, administrator.userName, password, clientAddress);
  if (first.kind === 'wrong') return 'password';
  if (first.kind !== 'proven') return limitedPage(context, deps, first);
  const second = await proveCode(deps, administrator, code, clientAddress);
  if (second.kind === 'wrong') return 'code';
  if (second.kind === 'usedBefore') return 'codeUsed';
  return second.kind === 'proven' ? undefined : limitedPage(context, deps, second);
}

export function overPage(context: HttpContext, { site }: AdminDeps): Promise<Response> {
  const { title, body, action } = site.texts.admin.machine.over;
  return page(context, messagePage({ site, title, body, action: { href: PATHS.agents, text: action } }), 410);
}
