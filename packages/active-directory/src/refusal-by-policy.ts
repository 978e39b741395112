import type { Password } from '@homeward/protocol/password';
import { brokenRules } from './broken-rules.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { reasonOfAnswer } from './directory-answer.ts';
import type { LdapRefusal } from './errors.ts';
import { readPersonPolicy } from './password-policy.ts';
import type { Session } from './session-pool.ts';
import type { Target } from './write-account.ts';

/** The refusal in rules; undefined if it was not the policy, or the person cannot be read any more. */
export async function refusalByPolicy(
  session: Session,
  refusal: LdapRefusal,
  attempt: { target: Target; password: Password; now: number; ageAndHistoryApply: boolean },
): Promise<DirectoryOutcome | undefined> {
  if (reasonOfAnswer(refusal, false) !== 'passwordRestriction') return undefined;
  const { connection, facts } = session;
  const policy = await readPersonPolicy(connection, facts.baseDn, attempt.target.objectGuid);
  if (!policy) return undefined;
  return {
    kind: 'refusedByPolicy',
    refusal: brokenRules({
      password: attempt.password.reveal(),
      policy,
      now: attempt.now,
      ageAndHistoryApply: attempt.ageAndHistoryApply,
    }),
    evidence: { kind: 'answer' },
    diagnosis: {
      reason: 'passwordRestriction',
      controller: facts.host,
      ldapResult: refusal.result,
      ...(refusal.adCode === undefined ? {} : { adCode: refusal.adCode }),
    },
  };
}
