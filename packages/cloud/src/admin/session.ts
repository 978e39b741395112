/** Who is signed in, by the cookie of this browser. */
import { randomBytes } from 'node:crypto';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { HttpContext } from '../http/http-context.ts';
import type { AccountDeps } from './admin-deps.ts';
import type { Administrator } from './administrator-store.ts';
import type { AdministratorSessionTable, SessionStage } from './session-store.ts';

const COOKIE = 'homeward-admin';
const MINUTE = 60_000;
/** between the two gates */
const CODE_STAGE = 5 * MINUTE;
const IDLE = 30 * MINUTE;
export const LONGEST_SESSION = 8 * 60 * MINUTE;

const ATTRIBUTES = { prefix: 'host', httpOnly: true, secure: true, path: '/', sameSite: 'Strict' } as const;

/**
 * A new cookie at each stage, so that one from before a gate is worth nothing after it. `__Host-`: no subdomain and
 * no plain-http page can set it (RFC 6265bis section 4.1.3.2).
 */
export async function startSession(
  context: HttpContext,
  { store, secrets, clock }: AccountDeps,
  administratorId: string,
  stage: SessionStage,
): Promise<void> {
  await dropSession(context, { store, secrets });
  const value = randomBytes(32).toString('base64url');
  const now = clock();
  const cookieHmac = secrets.hmac('administrator-session', value);
  await store.sessions.start({ cookieHmac, administratorId, stage, startedAt: now, lastSeenAt: now });
  setCookie(context, COOKIE, value, ATTRIBUTES);
}

/** The administrator at this stage; undefined for nobody, for a session that is over, and for a disabled account. */
export async function administratorAt(
  context: HttpContext,
  deps: AccountDeps,
  stage: SessionStage,
): Promise<Administrator | undefined> {
  const { store, tenant, clock } = deps;
  const cookieHmac = cookieHmacOf(context, deps);
  const session = cookieHmac === undefined ? undefined : await store.sessions.byCookie(cookieHmac);
  if (session?.stage !== stage) return undefined;
  const now = clock();
  if (isOver(session, now)) {
    await store.sessions.end(session.cookieHmac);
    return undefined;
  }
  const administrator = await store.administrators.byId(tenant.id, session.administratorId);
  if (administrator === undefined || administrator.disabledAt !== null) return undefined;
  if (now - session.lastSeenAt > MINUTE) await store.sessions.touch(session.cookieHmac, now);
  return administrator;
}

export async function endSession(context: HttpContext, deps: AccountDeps): Promise<void> {
  await dropSession(context, deps);
  deleteCookie(context, COOKIE, { ...ATTRIBUTES });
}

export function hadSession(context: HttpContext): boolean {
  return (getCookie(context, COOKIE, 'host') ?? '') !== '';
}

async function dropSession(
  context: HttpContext,
  deps: Pick<AccountDeps, 'store' | 'secrets'>,
): Promise<void> {
  const cookieHmac = cookieHmacOf(context, deps);
  if (cookieHmac !== undefined) await deps.store.sessions.end(cookieHmac);
}

function cookieHmacOf(context: HttpContext, { secrets }: Pick<AccountDeps, 'secrets'>): string | undefined {
  const value = getCookie(context, COOKIE, 'host');
  return value === undefined ? undefined : secrets.hmac('administrator-session', value);
}

function isOver({ stage, startedAt, lastSeenAt }: AdministratorSessionTable, now: number): boolean {
  if (stage === 'code') return now >= startedAt + CODE_STAGE;
  return now >= startedAt + LONGEST_SESSION || now >= lastSeenAt + IDLE;
}
