import type { Secrets } from '../../secrets/secrets.ts';

/** A code is worth something in its own flow only. */
export function codeHmacOf(secrets: Secrets, flowId: string, code: string): string {
  return secrets.hmac('email-code', flowId, code);
}

/** Under which the limits of one account are counted, whatever name of it was typed. */
export function accountKeyOf(secrets: Secrets, personId: string): string {
  return secrets.hmac('throttle-key', 'account', personId);
}
