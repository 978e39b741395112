import { readForm } from '../http/form.ts';
import { type HttpContext, page, seeOther } from '../http/http-context.ts';
import { malformedPage } from '../portal/error-pages.ts';
import { messagePage } from '../portal/message-page.tsx';
import type { AdminDeps } from './admin-deps.ts';
import { PATHS } from './paths.ts';
import { type Limited, proveCode, provePassword } from './prove-administrator.ts';
import { administratorAt, endSession, hadSession, startSession } from './session.ts';
import {
  type CodeProblem,
  codePage,
  type SignInNews,
  type SignInProblem,
  signInPage,
} from './sign-in-pages.tsx';

export async function showSignIn(context: HttpContext, deps: AdminDeps): Promise<Response> {
  if (await administratorAt(context, deps, 'signedIn')) return seeOther(context, PATHS.agents);
  const { news } = context.req.query();
  const isKnown = news === 'signedOut' || news === 'ended';
  return page(context, signInPage(deps.site, isKnown ? { news: news satisfies SignInNews } : {}));
}

export async function submitSignIn(context: HttpContext, deps: AdminDeps): Promise<Response> {
  const form = await readForm(context.req.raw);
  if (typeof form === 'string') return malformedPage(context, deps.site, form);
  const [userName, password] = [form.text('userName') ?? '', form.text('password') ?? ''];
  // Shown at once and not after a redirect: the name stays in its field, and never gets into an address.
  const again = (problem: SignInProblem) =>
    page(context, signInPage(deps.site, { problem, userName: userName.slice(0, 256) }), 400);
  if (userName.trim() === '' || password === '') return again('empty');
  const proof = await provePassword(deps, userName, password, context.get('clientAddress'));
  if (proof.kind === 'wrong') return again('wrong');
  if (proof.kind !== 'proven') return limitedPage(context, deps, proof);
  await startSession(context, deps, proof.administrator.id, 'code');
  return seeOther(context, PATHS.code);
}

export async function showCode(context: HttpContext, deps: AdminDeps): Promise<Response> {
  if (!(await administratorAt(context, deps, 'code'))) return toSignIn(context);
  const problem = context.req.query('problem');
  const known = isOneOf<CodeProblem>(problem, deps.site.texts.admin.codePage.problems);
  return page(context, codePage(deps.site, known ? problem : undefined));
}

export async function submitCode(context: HttpContext, deps: AdminDeps): Promise<Response> {
  const form = await readForm(context.req.raw);
  if (typeof form === 'string') return malformedPage(context, deps.site, form);
  const administrator = await administratorAt(context, deps, 'code');
  if (!administrator) return toSignIn(context);
  const proof = await proveCode(deps, administrator, form.text('code') ?? '', context.get('clientAddress'));
  if (proof.kind === 'wrong' || proof.kind === 'usedBefore')
    return seeOther(context, `${PATHS.code}?problem=${proof.kind}`);
  if (proof.kind !== 'proven') return limitedPage(context, deps, proof);
  await startSession(context, deps, administrator.id, 'signedIn');
  await deps.store.administrators.signedIn(administrator.id, deps.clock());
  return seeOther(context, PATHS.agents);
}

export async function signOut(context: HttpContext, deps: AdminDeps): Promise<Response> {
  await endSession(context, deps);
  return seeOther(context, `${PATHS.signIn}?news=signedOut`);
}

export function toSignIn(context: HttpContext): Response {
  return seeOther(context, hadSession(context) ? `${PATHS.signIn}?news=ended` : PATHS.signIn);
}

export function limitedPage(
  context: HttpContext,
  { site, clock }: AdminDeps,
  limited: Limited,
): Promise<Response> {
  const { admin } = site.texts;
  if (limited.kind === 'busy') {
    context.header('retry-after', '10');
    return page(context, messagePage({ site, ...admin.busy }), 503);
  }
  context.header('retry-after', String(Math.ceil((limited.until - clock()) / 1000)));
  const { title, body } = admin.limited;
  return page(context, messagePage({ site, title, body: body(site.moment(limited.until)) }), 429);
}

/** A problem is named in the address by its key alone: nothing else from there reaches the page. */
export function isOneOf<Key extends string>(
  text: string | undefined,
  words: Readonly<Record<Key, unknown>>,
): text is Key {
  return text !== undefined && Object.hasOwn(words, text);
}
