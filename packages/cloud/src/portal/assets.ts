import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { ICON, STYLES } from './styles.ts';

const FOREVER = 'public, max-age=31536000, immutable';

/** The style sheet and the icon, under names that change with their content, so that browsers may keep them. */
export function portalAssets(): { routes: Hono; styleHref: string; iconHref: string } {
  const styleHref = `/assets/portal-${fingerprint(STYLES)}.css`;
  const iconHref = `/assets/icon-${fingerprint(ICON)}.svg`;
  const serve = (body: string, type: string) => () =>
    new Response(body, { headers: { 'content-type': type, 'cache-control': FOREVER } });
  const routes = new Hono()
    .get(styleHref, serve(STYLES, 'text/css; charset=utf-8'))
    .get(iconHref, serve(ICON, 'image/svg+xml'));
  return { routes, styleHref, iconHref };
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
