import type { FormProblem } from '../http/form.ts';
import { type HttpContext, page } from '../http/http-context.ts';
import { messagePage } from './message-page.tsx';
import type { Site } from './site.ts';

export function notFoundPage(context: HttpContext, site: Site): Promise<Response> {
  const { title, body, action } = site.texts.notFound;
  return page(context, messagePage({ site, title, body, action: { href: '/', text: action } }), 404);
}

export function forbiddenPage(context: HttpContext, site: Site): Promise<Response> {
  const { forbidden, startAgain } = site.texts;
  return page(context, messagePage({ site, ...forbidden, action: { href: '/', text: startAgain } }), 403);
}

export function faultPage(context: HttpContext, site: Site, supportCode: string): Promise<Response> {
  const { fault, startAgain } = site.texts;
  return page(
    context,
    messagePage({ site, ...fault, action: { href: '/', text: startAgain }, supportCode }),
    500,
  );
}

const STATUS = { notAForm: 415, tooLarge: 413, malformed: 400 } as const;

export function malformedPage(context: HttpContext, site: Site, problem: FormProblem): Promise<Response> {
  return page(context, messagePage({ site, ...site.texts.malformed }), STATUS[problem]);
}
