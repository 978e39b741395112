import { type HttpContext, page } from '../http/http-context.ts';
import { messagePage } from '../portal/message-page.tsx';
import type { AdminDeps } from './admin-deps.ts';
import { PATHS } from './paths.ts';

/** Leads back into the portal: the start page is for people who forgot a password. */
export function notFoundInPortal(context: HttpContext, { site }: AdminDeps): Promise<Response> {
  const { title, body } = site.texts.notFound;
  const action = { href: PATHS.agents, text: site.texts.admin.machine.over.action };
  return page(context, messagePage({ site, title, body, action }), 404);
}
