import { randomBytes } from 'node:crypto';
import { getCookie, setCookie } from 'hono/cookie';
import type { HttpContext } from '../../http/http-context.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import type { ResetFlow } from './flow.ts';
import type { ResetDeps } from './reset-deps.ts';

/** `__Host-`: no subdomain and no plain-http page can set or overwrite it (RFC 6265bis section 4.1.3.2). */
const NAME = 'homeward-reset';

/** Binds a new flow to this browser. The store learns the hash only. */
export function bindBrowser(context: HttpContext, secrets: Secrets): { cookieHash: string } {
  const value = randomBytes(32).toString('base64url');
  setCookie(context, NAME, value, {
    prefix: 'host',
    httpOnly: true,
    secure: true,
    path: '/',
    sameSite: 'Strict',
  });
  return { cookieHash: secrets.hmac('flow-cookie', value) };
}

export async function currentFlow(context: HttpContext, deps: ResetDeps): Promise<ResetFlow | undefined> {
  const value = getCookie(context, NAME, 'host');
  return value ? deps.store.flows.byCookie(deps.secrets.hmac('flow-cookie', value)) : undefined;
}
