import type { Outcome, OutcomeKind } from '@homeward/protocol/outcome';
import type { Diagnosis } from './diagnosis.ts';
import type { Right } from './directory-rights.ts';
import type { LdapRefusal } from './errors.ts';
import { GUARDS, type GuardReason } from './guard-account.ts';

/**
 * What a controller's answer to a write means. Together with `connection-failure.ts` the only place where
 * failures are classified: by the AD code first, by the LDAP result second, never by the controller's sentence
 * (it differs between versions, and the same refusal is 53 for a reset and 19 for a change).
 */
export const ANSWERS = {
  passwordRestriction: 'refusedByPolicy',
  currentPasswordWrong: 'wrongCurrentPassword',
  accountLockedOut: 'locked',
  accessDenied: 'notPermitted',
  insufficientRights: 'notPermitted',
  changeNotAllowed: 'cannotChangePassword',
  objectGone: 'notFound',
  referral: 'directoryRefused',
  policyHintsRefused: 'policyHintsMissing',
  policyHintsNotOffered: 'policyHintsMissing',
  connectionNotEncrypted: 'directoryRefused',
  notBound: 'directoryUnreachable',
  controllerBusy: 'directoryUnreachable',
  markerMoved: 'superseded',
  answerNotKnown: 'directoryRefused',
  /** the password is written; the flag that asks for another one at next logon is not */
  mustChangeNotSet: 'applied',
  /** the password is written; the account was locked meanwhile, and could not be unlocked */
  notUnlocked: 'applied',
  /** the rules that an administrator of the agent wrote stand against it */
  againstLocalRules: 'refusedByAgent',
  /** our own request: sent too late, or never answered */
  tooLate: 'expired',
  noAnswer: 'unknown',
  /** the controller that was sent a lost write has another invocationId now */
  anotherDatabase: 'unknown',
  ...GUARDS,
} as const satisfies Record<string, OutcomeKind>;

export type AnswerReason = keyof typeof ANSWERS;

/** Win32 codes in front of the diagnostic message ([MS-ERREF] 2.2). */
const BY_AD_CODE: Readonly<Record<number, AnswerReason>> = {
  5: 'accessDenied',
  31: 'connectionNotEncrypted',
  86: 'currentPasswordWrong',
  1325: 'passwordRestriction',
  1331: 'accountIsDisabled',
  1793: 'accountHasExpired',
  1909: 'accountLockedOut',
  8224: 'notBound',
  8235: 'referral',
  8240: 'objectGone',
  8333: 'objectGone',
  8344: 'insufficientRights',
};

/** RFC 4511 section 4.1.9. */
const BY_RESULT: Readonly<Record<number, AnswerReason>> = {
  3: 'controllerBusy',
  8: 'connectionNotEncrypted',
  10: 'referral',
  11: 'controllerBusy',
  12: 'policyHintsRefused',
  13: 'connectionNotEncrypted',
  32: 'objectGone',
  50: 'accessDenied',
  51: 'controllerBusy',
  52: 'controllerBusy',
};

const NO_SUCH_ATTRIBUTE = 16;
const ATTRIBUTE_OR_VALUE_EXISTS = 20;
export const CONSTRAINT_VIOLATION = 19;

/** `withMarker`: the modify compared and set the fence attribute, so 16 and 20 are its answers. */
export function reasonOfAnswer(refusal: LdapRefusal, withMarker: boolean): AnswerReason {
  if (withMarker && (refusal.result === NO_SUCH_ATTRIBUTE || refusal.result === ATTRIBUTE_OR_VALUE_EXISTS))
    return 'markerMoved';
  const byCode = refusal.adCode === undefined ? undefined : BY_AD_CODE[refusal.adCode];
  return byCode ?? BY_RESULT[refusal.result] ?? 'answerNotKnown';
}

/** Refusals by policy are made by `refusal-by-policy.ts`, which compares the password with the policy. */
export type PlainReason = Exclude<AnswerReason, 'passwordRestriction'>;

export function outcomeOfReason(
  reason: PlainReason,
  more: { controller?: string; refusal?: LdapRefusal; missingRights?: readonly Right[] } = {},
): Outcome & { diagnosis: Diagnosis } {
  const { controller, refusal, missingRights } = more;
  return {
    kind: ANSWERS[reason],
    evidence: { kind: refusal ? 'answer' : 'none' },
    diagnosis: {
      reason,
      ...(controller === undefined ? {} : { controller }),
      ...(refusal === undefined ? {} : { ldapResult: refusal.result }),
      ...(refusal?.adCode === undefined ? {} : { adCode: refusal.adCode }),
      ...(missingRights === undefined ? {} : { missingRights }),
    },
  };
}

/** What was refused before the write. */
export function outcomeOfGuard(reason: GuardReason, controller: string): Outcome & { diagnosis: Diagnosis } {
  const missingRights = reason === 'accountUnreadable' ? { missingRights: ['readAccount' as const] } : {};
  return outcomeOfReason(reason, { controller, ...missingRights });
}
