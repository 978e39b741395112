/**
 * The first step. Nothing here knows accounts: what was typed is stored and answered, the code sender looks it up
 * later (reference: enumeration). The same statements run for every user ID.
 */
import { newId } from '@homeward/protocol/id';
import { addressGroup } from '../../http/client-address.ts';
import { readForm } from '../../http/form.ts';
import { type HttpContext, page, seeOther } from '../../http/http-context.ts';
import { foldName } from '../../people/names.ts';
import { malformedPage } from '../../portal/error-pages.ts';
import { messagePage } from '../../portal/message-page.tsx';
import { bindBrowser } from './browser-binding.ts';
import { downPage } from './down-page.ts';
import type { ResetDeps } from './reset-deps.ts';
import { PATHS } from './steps.ts';
import { isUserIdProblem, type UserIdProblem, userIdPage } from './user-id-page.tsx';

const MAX_USER_ID = 320;

export async function showUserId(context: HttpContext, deps: ResetDeps): Promise<Response> {
  if (!(await deps.writeback.isUp(deps.tenant.id))) return downPage(context, deps, PATHS.userId);
  const problem = context.req.query('problem');
  return page(context, userIdPage(deps.site, isUserIdProblem(problem) ? problem : undefined));
}

export async function submitUserId(context: HttpContext, deps: ResetDeps): Promise<Response> {
  if (!(await deps.writeback.isUp(deps.tenant.id))) return downPage(context, deps, PATHS.userId);
  const form = await readForm(context.req.raw);
  if (typeof form === 'string') return malformedPage(context, deps.site, form);
  const typed = (form.text('userId') ?? '').trim();
  const problem = problemOf(typed);
  if (problem) return seeOther(context, `${PATHS.userId}?problem=${problem}`);

  const blockedUntil = await startFlow(context, deps, typed);
  if (blockedUntil !== undefined) return limitedPage(context, deps, blockedUntil);
  deps.wakeCodeSender();
  return seeOther(context, PATHS.code);
}

function problemOf(typed: string): UserIdProblem | undefined {
  if (typed === '') return 'empty';
  return typed.length > MAX_USER_ID ? 'tooLong' : undefined;
}

/** @returns until when this user ID or this address is refused, if it is */
async function startFlow(
  context: HttpContext,
  { store, secrets, clock, tenant, timings }: ResetDeps,
  typed: string,
): Promise<number | undefined> {
  const now = clock();
  const id = newId();
  const clientAddress = context.get('clientAddress');
  const identifierKey = secrets.hmac('throttle-key', 'user-id', foldName(typed));
  const addressKey = secrets.hmac('throttle-key', 'address', addressGroup(clientAddress));
  const audited = { tenantId: tenant.id, at: now, flowId: id, clientAddress };

  return store.transaction(async ({ throttle, flows, codes, audit }) => {
    const blocked =
      (await throttle.take('startsFromAddress', addressKey, now)) ??
      (await throttle.blockedUntil('wrongCodesFromAddress', addressKey, now)) ??
      (await throttle.blockedUntil('wrongCodes', identifierKey, now)) ??
      (await throttle.take('codesAsked', identifierKey, now)) ??
      (await throttle.take('codesAskedInADay', identifierKey, now));
    if (blocked !== undefined) {
      await audit.append({ ...audited, activity: 'resetBlocked', result: 'tooManyStarts' });
      return blocked;
    }
    const { cookieHash } = bindBrowser(context, secrets);
    await flows.insert({
      id,
      tenantId: tenant.id,
      cookieHash,
      identifierKey,
      typed: secrets.seal('typed-user-id', id, Buffer.from(typed, 'utf8')),
      clientAddress,
      startedAt: now,
      expiresAt: now + timings.flowSeconds * 1000,
    });
    await codes.want(id, 1, { wantedAt: now, expiresAt: now + timings.codeSeconds * 1000 });
    await audit.append({ ...audited, activity: 'resetFlowProgress', result: 'userIdSubmitted' });
    return undefined;
  });
}

function limitedPage(context: HttpContext, { site, clock }: ResetDeps, until: number): Promise<Response> {
  const { limited } = site.texts;
  context.header('retry-after', String(Math.ceil((until - clock()) / 1000)));
  return page(
    context,
    messagePage({ site, title: limited.title, body: limited.body(site.moment(until)) }),
    429,
  );
}
