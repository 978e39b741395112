/**
 * Answers to a browser that sealed: the page itself, where a form without script is led to it. So the person sees
 * the end one round trip earlier; the address comes in a header, and script puts it in the address bar.
 */
import { type HttpContext, seeOther } from '../../http/http-context.ts';
import { currentFlow } from './browser-binding.ts';
import type { ResetDeps } from './reset-deps.ts';
import { outcomePageOf } from './show-outcome.ts';
import { passwordPageOf } from './show-password.ts';
import { endedPage, PATHS, pathOf } from './steps.ts';

/** A header of requests that script sent. */
const SEALED = 'homeward-sealed';
/** A header of answers: the path of the page that is in the answer. */
export const LOCATION = 'homeward-location';

export function isFromScript(context: HttpContext): boolean {
  return context.req.header(SEALED) === '1';
}

/** The page where this browser's flow is now. */
export async function showWhereItIs(context: HttpContext, deps: ResetDeps): Promise<Response> {
  const flow = await currentFlow(context, deps);
  const path = flow ? pathOf(flow) : PATHS.done;
  if (!isFromScript(context)) return seeOther(context, path);
  const pageOf = { [PATHS.password]: passwordPageOf, [PATHS.done]: outcomePageOf }[path];
  if (pageOf === undefined) return seeOther(context, path);
  context.header(LOCATION, path);
  return flow ? pageOf(context, deps, flow) : endedPage(context, deps, 'missing');
}
