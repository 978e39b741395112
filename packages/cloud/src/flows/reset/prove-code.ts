import { newId } from '@homeward/protocol/id';
import { addressGroup } from '../../http/client-address.ts';
import { readForm } from '../../http/form.ts';
import { type HttpContext, page, seeOther } from '../../http/http-context.ts';
import { malformedPage } from '../../portal/error-pages.ts';
import type { Stores } from '../../store/store.ts';
import { type CodeCheck, checkCode, readCode } from '../../verify/email-code/check-code.ts';
import { codePage } from './code-page.tsx';
import type { Notice, ResetFlow } from './flow.ts';
import { inspectAccount } from './inspect-account.ts';
import type { ResetDeps } from './reset-deps.ts';
import { flowAt, flowOfForm, PATHS } from './steps.ts';

export async function showCode(context: HttpContext, deps: ResetDeps): Promise<Response> {
  const flow = await flowAt(context, deps, 'proving');
  if (flow instanceof Response) return flow;
  const codeMinutes = Math.round(deps.timings.codeSeconds / 60);
  return page(context, codePage(deps.site, { flow, codeMinutes }));
}

export async function submitCode(context: HttpContext, deps: ResetDeps): Promise<Response> {
  const form = await readForm(context.req.raw);
  if (typeof form === 'string') return malformedPage(context, deps.site, form);
  const flow = await flowOfForm(context, deps, form, 'proving');
  if (flow instanceof Response) return flow;

  const typed = form.text('code') ?? '';
  const code = readCode(typed);
  if (code === undefined) {
    const kind = typed.trim() === '' ? 'codeEmpty' : 'codeMalformed';
    await deps.store.flows.notice(flow.id, 'proving', { kind });
    return seeOther(context, PATHS.code);
  }
  const proven = await tryCode(context, deps, flow, code);
  if (proven) await inspectAccount(deps, flow);
  return seeOther(context, proven ? PATHS.password : PATHS.code);
}

/** Another code for the same flow, within the limits of the user ID. */
export async function askNewCode(context: HttpContext, deps: ResetDeps): Promise<Response> {
  const form = await readForm(context.req.raw);
  if (typeof form === 'string') return malformedPage(context, deps.site, form);
  const flow = await flowOfForm(context, deps, form, 'proving');
  if (flow instanceof Response) return flow;
  const { store, timings } = deps;
  const now = deps.clock();
  const audited = {
    tenantId: flow.tenantId,
    at: now,
    flowId: flow.id,
    clientAddress: context.get('clientAddress'),
  };
  await store.transaction(async ({ throttle, codes, flows, audit }) => {
    const until =
      (await throttle.blockedUntil('wrongCodes', flow.identifierKey, now)) ??
      (await throttle.take('codesAsked', flow.identifierKey, now)) ??
      (await throttle.take('codesAskedInADay', flow.identifierKey, now));
    if (until !== undefined) {
      await audit.append({ ...audited, activity: 'resetBlocked', result: 'tooManyCodes' });
      await flows.notice(flow.id, 'proving', { kind: 'newCodeLimited', until });
      return;
    }
    const former = await codes.byFlow(flow.id);
    const times = { wantedAt: now, expiresAt: now + timings.codeSeconds * 1000 };
    await codes.want(flow.id, (former?.round ?? 0) + 1, times);
    await audit.append({ ...audited, activity: 'resetFlowProgress', result: 'newCodeAsked' });
    await flows.notice(flow.id, 'proving', { kind: 'newCodeSent' });
  });
  deps.wakeCodeSender();
  return seeOther(context, PATHS.code);
}

/** @returns whether the flow went on to the password */
async function tryCode(
  context: HttpContext,
  { store, secrets, clock, wakeOutbox }: ResetDeps,
  flow: ResetFlow,
  code: string,
): Promise<boolean> {
  const now = clock();
  const clientAddress = context.get('clientAddress');
  const addressKey = secrets.hmac('throttle-key', 'address', addressGroup(clientAddress));
  let isLocked = false;
  const proven = await store.transaction(async (stores) => {
    const { throttle, audit, flows, codes } = stores;
    const audited = { tenantId: flow.tenantId, at: now, flowId: flow.id, clientAddress };
    const until =
      (await throttle.blockedUntil('wrongCodesFromAddress', addressKey, now)) ??
      (await throttle.blockedUntil('wrongCodes', flow.identifierKey, now));
    if (until !== undefined) {
      await flows.notice(flow.id, 'proving', { kind: 'locked', until });
      return false;
    }
    const check = await checkCode(stores, secrets, flow.id, code, now);
    if (check.kind === 'right') {
      await codes.remove(flow.id);
      await audit.append({
        ...audited,
        activity: 'resetFlowProgress',
        result: 'codeProven',
        personId: check.personId,
      });
      return flows.prove(flow.id, check.personId);
    }
    const lockedUntil = await countWrong(stores, flow, addressKey, check, now);
    isLocked = lockedUntil !== undefined;
    await flows.notice(flow.id, 'proving', noticeOf(check, lockedUntil));
    await audit.append(
      lockedUntil === undefined
        ? {
            ...audited,
            activity: 'resetFlowProgress',
            result: check.kind === 'wrong' ? 'codeWrong' : 'codeUsedUp',
          }
        : { ...audited, activity: 'resetBlocked', result: 'tooManyWrongCodes' },
    );
    return false;
  });
  if (isLocked) wakeOutbox();
  return proven;
}

/**
 * The account's own counter is kept but never told: being locked by guesses under another name would tell that two
 * names are one account. The code sender heeds it.
 */
async function countWrong(
  { throttle, outbox }: Pick<Stores, 'throttle' | 'outbox'>,
  flow: ResetFlow,
  addressKey: string,
  check: CodeCheck,
  now: number,
): Promise<number | undefined> {
  if (check.kind !== 'wrong') return undefined;
  await throttle.take('wrongCodes', check.accountKey, now);
  const byAddress = await throttle.take('wrongCodesFromAddress', addressKey, now);
  const byUserId = await throttle.take('wrongCodes', flow.identifierKey, now);
  if (byUserId !== undefined) {
    // Once: what is locked takes no further code. For nobody's user ID as well, so that both take the same steps.
    const { tenantId, id: flowId } = flow;
    const told = { tenantId, flowId, personId: check.personId ?? newId(), happenedAt: now };
    await outbox.add({ ...told, kind: 'codesGuessed' });
  }
  return byUserId ?? byAddress;
}

function noticeOf(check: CodeCheck, lockedUntil: number | undefined): Notice {
  if (lockedUntil !== undefined) return { kind: 'locked', until: lockedUntil };
  if (check.kind === 'expired') return { kind: 'codeExpired' };
  if (check.kind === 'wrong' && check.triesLeft > 0) return { kind: 'codeWrong', triesLeft: check.triesLeft };
  return { kind: 'codeUsedUp' };
}
