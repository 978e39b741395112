import type { Form } from '../../http/form.ts';
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

/** In every form of a flow, and in the address at which its outcome is asked for again: the id of the flow. */
export const FLOW_FIELD = 'flow';

export function outcomePath(flow: ResetFlow): string {
  return `${PATHS.done}?${FLOW_FIELD}=${flow.id}`;
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
  return admit(context, deps, await currentFlow(context, deps), states);
}

/**
 * The same for what a form posts. The cookie is the browser's, and names the flow that was begun last in any of its
 * tabs: without this comparison a password that was typed in one for one account would be set for that of another.
 */
export async function flowOfForm(
  context: HttpContext,
  deps: ResetDeps,
  form: Form,
  ...states: readonly ResetState[]
): Promise<ResetFlow | Response> {
  const flow = await currentFlow(context, deps);
  if (flow && form.text(FLOW_FIELD) !== flow.id) return replacedPage(context, deps, flow, 'posted');
  return admit(context, deps, flow, states);
}

/** The same for a page that asks again what became of its flow. */
export async function flowOfQuery(
  context: HttpContext,
  deps: ResetDeps,
  ...states: readonly ResetState[]
): Promise<ResetFlow | Response> {
  const flow = await currentFlow(context, deps);
  const asked = context.req.query(FLOW_FIELD);
  if (flow && asked !== undefined && asked !== flow.id) return replacedPage(context, deps, flow, 'asked');
  return admit(context, deps, flow, states);
}

function admit(
  context: HttpContext,
  deps: ResetDeps,
  flow: ResetFlow | undefined,
  states: readonly ResetState[],
): ResetFlow | Response | Promise<Response> {
  if (!flow) return endedPage(context, deps, 'missing');
  if (!states.includes(flow.state)) return seeOther(context, pathOf(flow));
  if (isOver(flow, deps.clock())) return endedPage(context, deps, 'expired', flow);
  return flow;
}

/** @param newest the flow of this browser, which is another than the one that it asks about or posts to */
function replacedPage(
  context: HttpContext,
  { site }: ResetDeps,
  newest: ResetFlow,
  what: 'posted' | 'asked',
): Promise<Response> {
  const { [what]: words, goOn } = site.texts.replaced;
  const action = { href: pathOf(newest), text: goOn };
  return page(context, messagePage({ site, ...words, action }), 410);
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
