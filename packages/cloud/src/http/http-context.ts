import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';

/** What requests carry on their way: set by the first middlewares, read by the handlers. */
export type HttpEnv = { Bindings: HttpBindings; Variables: { clientAddress: string } };
export type HttpContext = Context<HttpEnv>;

type Rendered = { toString(): string };

/** Answers with a whole page. Pages are about one browser and one moment: nobody keeps a copy. */
export function page(context: HttpContext, rendered: Rendered | Promise<Rendered>, status: PageStatus = 200) {
  context.header('cache-control', 'no-store');
  return Promise.resolve(rendered).then((html) => context.html(`<!doctype html>${html}`, status));
}

export type PageStatus = 200 | 400 | 403 | 404 | 410 | 413 | 415 | 429 | 500 | 503;

/** POST → 303 → GET: a reload never posts again, and Back never lands on a form that was sent. */
export function seeOther(context: HttpContext, path: string) {
  context.header('cache-control', 'no-store');
  return context.redirect(path, 303);
}
