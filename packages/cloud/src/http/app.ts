import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import type { Logger } from 'pino';
import { supportCodeOf } from '../audit/support-code.ts';
import type { Config } from '../config.ts';
import { faultPage, forbiddenPage, notFoundPage } from '../portal/error-pages.ts';
import { homePage } from '../portal/home-page.tsx';
import type { Site } from '../portal/site.ts';
import { clientAddressReader } from './client-address.ts';
import { type HttpContext, type HttpEnv, page } from './http-context.ts';
import { isSameOrigin } from './same-origin.ts';
import { securityHeaders } from './security-headers.ts';

export type AppParts = {
  config: Pick<Config, 'publicUrl' | 'tls' | 'trustedProxy'>;
  site: Site;
  log: Logger;
  assets: Hono;
  /** for people; guarded against other origins */
  portal: Hono<HttpEnv>;
  /** for agents, by the path they hang under */
  machines: Readonly<Record<`/${string}`, Hono>>;
  isHealthy(): Promise<boolean>;
};

/** All that is served over HTTP, put together. */
export function httpApp(parts: AppParts): Hono<HttpEnv> {
  const { config, site, log } = parts;
  const app = new Hono<HttpEnv>();
  const { clientAddressOf, isProxy } = clientAddressReader(config.trustedProxy?.addresses);

  app.use(async (context, next) => {
    const started = performance.now();
    await next();
    const known = context.res.status !== 404;
    const { method, path } = context.req;
    const ms = Math.round(performance.now() - started);
    const { status } = context.res;
    // When the answer is on its way.
    setImmediate(() => log.info({ method, path: known ? path : undefined, status, ms }, 'request'));
  });
  app.use(securityHeaders({ tls: config.publicUrl.startsWith('https:') }));
  app.get('/healthz', async (context) =>
    (await parts.isHealthy()) ? context.json({ status: 'ok' }) : context.json({ status: 'failing' }, 503),
  );
  app.use(async (context, next) => {
    const peer = context.env.incoming.socket.remoteAddress;
    // Behind a declared proxy the port speaks plain http: only the proxy itself may use it.
    if (config.trustedProxy && !config.tls && !isProxy(peer)) {
      return context.text('This port is for the reverse proxy.\n', 403);
    }
    context.set('clientAddress', clientAddressOf(peer, context.req.header('x-forwarded-for')));
    return next();
  });

  for (const [path, routes] of Object.entries(parts.machines)) app.route(path, routes);
  app.route('/', parts.assets);

  const guarded = new Hono<HttpEnv>();
  guarded.use(async (context, next) => {
    const { method, raw } = context.req;
    const safe = method === 'GET' || method === 'HEAD';
    if (safe || isSameOrigin(raw.headers, config.publicUrl)) return next();
    return forbiddenPage(context, site);
  });
  guarded.get('/', (context) => page(context, homePage(site)));
  guarded.route('/', parts.portal);
  app.route('/', guarded);

  app.notFound((context) => notFoundPage(context as HttpContext, site));
  app.onError((error, context) => {
    const supportCode = randomUUID();
    log.error({ err: error, supportCode: supportCodeOf(supportCode) }, 'a request failed');
    return faultPage(context as HttpContext, site, supportCode);
  });
  return app;
}
