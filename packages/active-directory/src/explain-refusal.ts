import type { Password } from '@homeward/protocol/password';
import { brokenRules } from './broken-rules.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { CONSTRAINT_VIOLATION, outcomeOfReason, reasonOfAnswer } from './directory-answer.ts';
import { DEFAULT_MARKER, type PeopleRight } from './directory-rights.ts';
import type { LdapRefusal } from './errors.ts';
import { isHeld } from './evaluate-rights.ts';
import { guidDn } from './guid.ts';
import { readPersonPolicy } from './password-policy.ts';
import { rightsOnPerson } from './report-rights.ts';
import type { Session } from './session-pool.ts';
import type { Target } from './write-account.ts';

export type Attempt = {
  operation: 'reset' | 'change' | 'unlock';
  target: Target;
  /** the new one; none for an unlock */
  password?: Password;
  /** what the modify needs */
  rights: readonly PeopleRight[];
  marker?: string;
  /** Unix ms: what was too young then may not be by now */
  sentAt: number;
};

/** What the numbers alone do not say: which rule, which right. undefined where the numbers are all there is. */
export async function explainRefusal(
  session: Session,
  refusal: LdapRefusal,
  attempt: Attempt,
): Promise<DirectoryOutcome | undefined> {
  const reason = reasonOfAnswer(refusal, false);
  const controller = session.facts.host;
  const denied = reason === 'accessDenied' || reason === 'insufficientRights';
  // A change without the right is 19 as well: on Windows with the code of the policy, on Samba with none.
  const ambiguous =
    attempt.operation === 'change' &&
    refusal.result === CONSTRAINT_VIOLATION &&
    (reason === 'passwordRestriction' || refusal.adCode === undefined);
  if (denied || ambiguous) {
    const missingRights = await missingOnPerson(session, attempt);
    const more = { controller, refusal, ...(missingRights ? { missingRights } : {}) };
    if (missingRights?.includes('changePassword')) return outcomeOfReason('changeNotAllowed', more);
    if (denied) return outcomeOfReason(reason, more);
  }
  return reason === 'passwordRestriction' ? explainByPolicy(session, refusal, attempt) : undefined;
}

async function missingOnPerson(session: Session, attempt: Attempt): Promise<PeopleRight[] | undefined> {
  const { target, marker } = attempt;
  const held = await rightsOnPerson(session, guidDn(target.objectGuid), marker ?? DEFAULT_MARKER);
  return held && attempt.rights.filter((right) => !isHeld(held[right]));
}

async function explainByPolicy(
  session: Session,
  refusal: LdapRefusal,
  attempt: Attempt,
): Promise<DirectoryOutcome | undefined> {
  const { connection, facts } = session;
  const policy = await readPersonPolicy(connection, facts.baseDn, attempt.target.objectGuid);
  if (!policy || !attempt.password) return undefined;
  return {
    kind: 'refusedByPolicy',
    refusal: brokenRules({
      password: attempt.password.reveal(),
      policy,
      now: attempt.sentAt,
      ageAndHistoryApply: attempt.operation === 'change' || facts.policyHints !== undefined,
      namesApply: facts.vendor === undefined,
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
