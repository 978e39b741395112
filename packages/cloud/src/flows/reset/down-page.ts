import { type HttpContext, page } from '../../http/http-context.ts';
import { messagePage } from '../../portal/message-page.tsx';
import type { ResetFlow } from './flow.ts';
import type { ResetDeps } from './reset-deps.ts';

/** No agent can be reached now. @param href where to try again @param flow where one goes on with it then */
export function downPage(
  context: HttpContext,
  { site, clock }: ResetDeps,
  href: string,
  flow?: ResetFlow,
): Promise<Response> {
  const { down } = site.texts;
  context.header('retry-after', '60');
  const action = { href, text: down.again };
  const minutes = flow && Math.max(1, Math.floor((flow.expiresAt - clock()) / 60_000));
  const body = minutes === undefined ? down.body : [...down.body, down.kept(minutes)];
  return page(context, messagePage({ site, title: down.title, body, action, supportCode: flow?.id }), 503);
}
