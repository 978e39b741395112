import { type HttpContext, page, seeOther } from '../../http/http-context.ts';
import { messagePage } from '../../portal/message-page.tsx';
import { currentFlow } from './browser-binding.ts';
import type { ResetFlow, ResetState } from './flow.ts';
import type { ResetDeps } from './reset-deps.ts';

export const PATHS = {
  userId: '/reset',
  code: '/reset/code',
  newCode: '/reset/code/new',
  password: '/reset/password',
  ticket: '/reset/password/ticket',
  done: '/reset/done',
} as const;

const PATH_OF_STATE: Record<ResetState, string> = {
  proving: PATHS.code,
  choosing: PATHS.password,
  ordered: PATHS.done,
  done: PATHS.done,
  failed: PATHS.done,
};

export function pathOf(flow: ResetFlow): string {
  return PATH_OF_STATE[flow.state];
}

/** Expiry ends what waits for the person; what was ordered ends by its answer alone. */
export function isOver(flow: ResetFlow, now: number): boolean {
  return (flow.state === 'proving' || flow.state === 'choosing') && flow.expiresAt <= now;
}

/**
 * The flow of this browser if it is at one of these states; else the answer that leads to where it is. So a stale
 * page, the Back button or a second window never does harm and never ends in a riddle.
 */
export async function flowAt(
  context: HttpContext,
  deps: ResetDeps,
  ...states: readonly ResetState[]
): Promise<ResetFlow | Response> {
  const flow = await currentFlow(context, deps);
  if (!flow) return endedPage(context, deps, 'missing');
  if (!states.includes(flow.state)) return seeOther(context, pathOf(flow));
  if (isOver(flow, deps.clock())) return endedPage(context, deps, 'expired', flow);
  return flow;
}

export function endedPage(
  context: HttpContext,
  { site, timings }: ResetDeps,
  why: 'expired' | 'missing',
  flow?: ResetFlow,
): Promise<Response> {
  const { ended, startAgain } = site.texts;
  const body =
    why === 'expired' ? ended.expired.body(Math.round(timings.flowSeconds / 60)) : ended.missing.body;
  return page(
    context,
    messagePage({
      site,
      title: ended[why].title,
      body,
      action: { href: PATHS.userId, text: startAgain },
      supportCode: flow?.id,
    }),
    410,
  );
}
