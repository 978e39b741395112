import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { ADMIN_STYLES } from './admin-styles.ts';
import { islandOf } from './islands/island.ts';
import { passwordRules } from './islands/password-rules.ts';
import { showPasswords } from './islands/show-passwords.ts';
import { ICON, STYLES } from './styles.ts';

const SCRIPT = 'text/javascript; charset=utf-8';
const FOREVER = 'public, max-age=31536000, immutable';

/** Style sheet, icon and scripts, under names that change with their content, so that browsers may keep them. */
export type PortalAssets = {
  routes: Hono;
  styleHref: string;
  iconHref: string;
  /** what script does at the fields of the password page, other than sealing */
  rulesHref: string;
  sealHref: string | undefined;
};

/** @param sealPassword the text of the script that seals passwords, where they are taken sealed */
export function portalAssets(sealPassword: string | undefined): PortalAssets {
  const styles = STYLES + ADMIN_STYLES;
  const rules = islandOf(passwordRules) + islandOf(showPasswords);
  const styleHref = `/assets/portal-${fingerprint(styles)}.css`;
  const iconHref = `/assets/icon-${fingerprint(ICON)}.svg`;
  const rulesHref = `/assets/password-rules-${fingerprint(rules)}.js`;
  const sealHref = sealPassword && `/assets/seal-password-${fingerprint(sealPassword)}.js`;
  const serve = (body: string, type: string) => () =>
    new Response(body, { headers: { 'content-type': type, 'cache-control': FOREVER } });
  const routes = new Hono()
    .get(styleHref, serve(styles, 'text/css; charset=utf-8'))
    .get(iconHref, serve(ICON, 'image/svg+xml'))
    .get(rulesHref, serve(rules, SCRIPT));
  if (sealPassword && sealHref) routes.get(sealHref, serve(sealPassword, SCRIPT));
  return { routes, styleHref, iconHref, rulesHref, sealHref };
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
