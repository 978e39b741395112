import { SignJWT } from 'jose';
import { AgentError } from '../errors.ts';
import { proxyFaultIn } from '../network/proxy-tunnel.ts';

export type CloudAnswer = { status: number; body: Record<string, unknown> };

/**
 * `POST <cloud>/agents/<path>`; a form where `body` is one, else JSON. Whatever the cloud answers comes back,
 * an answer that is no JSON with an empty body.
 * @throws {AgentError} ERR_CLOUD_UNREACHABLE, and those of the proxy
 */
export async function askCloud(
  fetch: typeof globalThis.fetch,
  cloudUrl: string,
  path: string,
  body: URLSearchParams | object,
): Promise<CloudAnswer> {
  const url = new URL(`agents/${path}`, cloudUrl.endsWith('/') ? cloudUrl : `${cloudUrl}/`);
  const isForm = body instanceof URLSearchParams;
  const response = await fetch(url, {
    method: 'POST',
    ...(isForm ? {} : { headers: { 'content-type': 'application/json' } }),
    body: isForm ? body : JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(15_000),
  }).catch((cause: unknown) => {
    throw (
      proxyFaultIn(cause) ??
      new AgentError(
        'ERR_CLOUD_UNREACHABLE',
        `${url.origin} does not answer; check the address, DNS and firewall`,
        { cause },
      )
    );
  });
  const answer: unknown = await response.json().catch(() => undefined);
  const read = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {};
  return { status: response.status, body: read };
}

/** Why the cloud refused, in its own words where it gave some. */
export function whyRefused({ status, body }: CloudAnswer): string {
  const words = body['error_description'] ?? body['message'];
  return typeof words === 'string' ? words : `it answered with HTTP ${status}`;
}

export type Assertion = {
  /** who says so about themselves: an agent id, or before there is one the fingerprint of the key */
  subject: string;
  audience: string;
  key: CryptoKey;
  /** Unix ms */
  now: number;
  claims?: Record<string, unknown>;
};

const LIFETIME_SECONDS = 60;

/** A form with an assertion in it (RFC 7523 section 2.2), good for a minute and for one use. */
export async function signedForm(
  { subject, audience, key, now, claims = {} }: Assertion,
  fields: Record<string, string> = {},
): Promise<URLSearchParams> {
  const issued = Math.floor(now / 1_000);
  const assertion = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer(subject)
    .setSubject(subject)
    .setAudience(audience)
    .setJti(crypto.randomUUID())
    .setIssuedAt(issued)
    .setExpirationTime(issued + LIFETIME_SECONDS)
    .sign(key);
  return new URLSearchParams({
    ...fields,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  });
}
