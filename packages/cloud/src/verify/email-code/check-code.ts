import { timingSafeEqual } from 'node:crypto';
import type { Secrets } from '../../secrets/secrets.ts';
import type { Stores } from '../../store/store.ts';
import { codeHmacOf } from './keys.ts';

export type CodeCheck =
  | { kind: 'right'; personId: string }
  | {
      kind: 'wrong';
      triesLeft: number;
      accountKey: string;
      /** whose code it would have been; null for nobody's user ID */
      personId: string | null;
    }
  | { kind: 'usedUp' | 'expired' };

/** The digits of what was typed, or undefined: blanks and dashes do not matter, full-width digits are digits. */
export function readCode(typed: string): string | undefined {
  const digits = typed.normalize('NFKC').replace(/[\s\p{Dash}]/gu, '');
  return /^\d{6}$/.test(digits) ? digits : undefined;
}

/** Uses up one try. Does the same steps whether the flow is anybody's or not. */
export async function checkCode(
  { codes }: Pick<Stores, 'codes'>,
  secrets: Secrets,
  flowId: string,
  code: string,
  now: number,
): Promise<CodeCheck> {
  const tried = await codes.takeTry(flowId, now);
  if (!tried) {
    const known = await codes.byFlow(flowId);
    return { kind: known && known.triesLeft > 0 ? 'expired' : 'usedUp' };
  }
  const expected = Buffer.from(tried.codeHmac ?? ''.padEnd(64, '0'), 'hex');
  const given = Buffer.from(codeHmacOf(secrets, flowId, code), 'hex');
  const right = timingSafeEqual(expected, given);
  if (right && tried.personId !== null) return { kind: 'right', personId: tried.personId };
  const { triesLeft, accountKey, personId } = tried;
  return { kind: 'wrong', triesLeft, accountKey: accountKey ?? flowId, personId };
}
