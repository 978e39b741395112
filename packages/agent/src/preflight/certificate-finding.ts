import { connectionFailureOf } from '@homeward/active-directory/connection-failure';
import type { Advice } from '../advice/advice.ts';
import { type Finding, fail, pass, warn } from './check.ts';
import type { TlsFacts } from './inspect-tls.ts';

const DAY = 24 * 60 * 60_000;
const SOON = 30;

/** One line about a certificate; `explain` has the words for what may be wrong, `renew` whose work it is. */
export function certificateFinding(
  host: string,
  facts: TlsFacts,
  now: number,
  { explain, renew }: { explain: (reason: ReturnType<typeof failureReason>) => Advice; renew: string },
): Finding {
  if (facts.refusal !== undefined) {
    const { happened, next } = explain(failureReason(facts.refusal, host));
    const shown = facts.names === undefined ? '' : ` It is for ${facts.names}.`;
    return fail(`${host}: ${happened}${shown}`, next, { host, ...facts });
  }
  const days = Math.floor((facts.validTo - now) / DAY);
  const until = new Date(facts.validTo).toISOString().slice(0, 10);
  const details = { host, ...facts, days };
  const left = `${days} ${days === 1 ? 'day' : 'days'}`;
  if (days <= SOON) return warn(`${host}: trusted, but it expires in ${left}, on ${until}.`, renew, details);
  return pass(`${host}: trusted, for ${left} more (until ${until}).`, details);
}

/** The closed reason for a code of Node or OpenSSL. */
export function failureReason(code: string, host: string) {
  return connectionFailureOf(Object.assign(new Error(code), { code }), host).reason;
}
