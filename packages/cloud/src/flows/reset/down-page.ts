import { type HttpContext, page } from '../../http/http-context.ts';
import { messagePage } from '../../portal/message-page.tsx';
import type { ResetDeps } from './reset-deps.ts';

/** No agent can be reached now. @param href where to try again */
export function downPage(context: HttpContext, { site }: ResetDeps, href: string): Promise<Response> {
  const { down } = site.texts;
  context.header('retry-after', '60');
  const action = { href, text: down.again };
  return page(context, messagePage({ site, title: down.title, body: down.body, action }), 503);
}
