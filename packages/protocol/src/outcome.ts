import { EVENTS, type EventId } from './event.ts';

/**
 * How a request ended. Expected results are values of this one closed union; only codes travel, never a
 * directory's sentence. Words for people live in the portal's locales, words for operators in the agent.
 *
 * - `event`: the event id that the agent logs for it (`null`: the operation's own success event)
 * - `sspr`: the SSPR_00nn number that administrators know, 0 where the field has none
 * - `retry`: `now` with other input, `later` by itself, `never` before somebody acts
 * - `acts`: who has to do something
 */
export const OUTCOMES = {
  applied: { code: 1, event: null, sspr: 0, retry: 'never', acts: 'nobody' },
  refusedByPolicy: { code: 2, event: EVENTS.directoryPolicyRefused, sspr: 0, retry: 'now', acts: 'person' },
  notFound: { code: 3, event: EVENTS.directoryUserNotFound, sspr: 14, retry: 'never', acts: 'administrator' },
  ambiguous: {
    code: 4,
    event: EVENTS.directoryMultipleMatches,
    sspr: 29,
    retry: 'never',
    acts: 'administrator',
  },
  protectedAccount: {
    code: 5,
    event: EVENTS.directoryPermissions,
    sspr: 29,
    retry: 'never',
    acts: 'administrator',
  },
  notPermitted: {
    code: 6,
    event: EVENTS.directoryPermissions,
    sspr: 29,
    retry: 'never',
    acts: 'administrator',
  },
  disabled: {
    code: 7,
    event: EVENTS.directoryAccountDisabled,
    sspr: 29,
    retry: 'never',
    acts: 'administrator',
  },
  accountExpired: {
    code: 8,
    event: EVENTS.directoryAccountDisabled,
    sspr: 29,
    retry: 'never',
    acts: 'administrator',
  },
  locked: { code: 9, event: EVENTS.directoryAccountLocked, sspr: 0, retry: 'later', acts: 'person' },
  smartCardRequired: {
    code: 10,
    event: EVENTS.directoryPermissions,
    sspr: 29,
    retry: 'never',
    acts: 'administrator',
  },
  wrongCurrentPassword: {
    code: 11,
    event: EVENTS.directoryWrongPassword,
    sspr: 0,
    retry: 'now',
    acts: 'person',
  },
  cannotChangePassword: {
    code: 12,
    event: EVENTS.directoryPermissions,
    sspr: 29,
    retry: 'never',
    acts: 'administrator',
  },
  directoryUnreachable: {
    code: 13,
    event: EVENTS.directoryUnknownError,
    sspr: 30,
    retry: 'later',
    acts: 'administrator',
  },
  directoryNotTrusted: {
    code: 14,
    event: EVENTS.directoryConfiguration,
    sspr: 29,
    retry: 'never',
    acts: 'administrator',
  },
  serviceAccountRefused: {
    code: 15,
    event: EVENTS.directoryConfiguration,
    sspr: 29,
    retry: 'never',
    acts: 'administrator',
  },
  policyHintsMissing: {
    code: 16,
    event: EVENTS.policyHintsMissing,
    sspr: 29,
    retry: 'never',
    acts: 'administrator',
  },
  directoryRefused: {
    code: 17,
    event: EVENTS.directoryUnknownError,
    sspr: 29,
    retry: 'never',
    acts: 'administrator',
  },
  refusedByAgent: {
    code: 18,
    event: EVENTS.directoryPermissions,
    sspr: 29,
    retry: 'never',
    acts: 'administrator',
  },
  expired: { code: 19, event: EVENTS.requestRefused, sspr: 30, retry: 'now', acts: 'person' },
  replayed: { code: 20, event: EVENTS.requestRefused, sspr: 0, retry: 'never', acts: 'nobody' },
  undecryptable: { code: 21, event: EVENTS.cannotDecrypt, sspr: 29, retry: 'now', acts: 'administrator' },
  superseded: { code: 22, event: EVENTS.resetFailed, sspr: 0, retry: 'now', acts: 'person' },
  agentFault: { code: 23, event: EVENTS.unknownError, sspr: 29, retry: 'later', acts: 'administrator' },
  unknown: { code: 24, event: EVENTS.unknownError, sspr: 30, retry: 'later', acts: 'person' },
  notStarted: { code: 25, event: EVENTS.requestRefused, sspr: 30, retry: 'now', acts: 'person' },
} as const satisfies Record<string, OutcomeRow>;

type OutcomeRow = {
  code: number;
  event: EventId | null;
  sspr: number;
  retry: 'now' | 'later' | 'never';
  acts: 'nobody' | 'person' | 'administrator';
};

export type OutcomeKind = keyof typeof OUTCOMES;

/**
 * The directory's password rules, as bits of the reply's `rule` byte: several may be broken at once.
 * The order here is the order in which they are told: age first, because nothing typed can mend it.
 */
export const RULES = {
  tooYoung: 16,
  tooShort: 1,
  notComplex: 2,
  containsName: 4,
  /** by elimination: the directory gives one code for history and for password filters */
  historyOrFilter: 8,
  bannedWord: 32,
} as const;

export type Rule = keyof typeof RULES;

/** Character kinds of [MS-SAMR] 3.1.1.7.2; complexity wants three of the five. Bits of `missingKinds`. */
export const CHARACTER_KINDS = { upper: 1, lower: 2, digit: 4, symbol: 8, otherLetter: 16 } as const;
export type CharacterKind = keyof typeof CHARACTER_KINDS;

/** What was broken and what the person needs to mend it. */
export type PolicyRefusal = {
  rules: readonly Rule[];
  /** characters; present with `tooShort` */
  minimumLength?: number;
  /** kinds that the password does not use yet; present with `notComplex` */
  missingKinds?: readonly CharacterKind[];
  /** passwords remembered; present with `historyOrFilter` where known */
  historyLength?: number;
  /** Unix ms; present with `tooYoung`: when the directory will take a new password again */
  retryAt?: number;
};

/** How we know: the directory's answer, a fence, a version that moved or did not, or nothing. */
export const EVIDENCE = { none: 0, answer: 1, fence: 2, version: 3, bind: 4, likely: 5 } as const;
export type EvidenceKind = keyof typeof EVIDENCE;

/** Versions are of `unicodePwd` (msDS-KeyVersionNumber, [MS-ADTS] 3.1.1.4.5.16) on one controller. */
export type Evidence = {
  kind: EvidenceKind;
  versionBefore?: number;
  versionAfter?: number;
  /** Unix ms, the originating time of the write */
  writtenAt?: number;
  /** invocationId of that controller, 16 bytes as hex */
  invocationId?: string;
};

/** Truths about an applied operation that the person or the administrator should hear. */
export const NOTES = { expiredAtOnce: 1, neverExpires: 2, historyNotEnforced: 4, unlocked: 8 } as const;
export type Note = keyof typeof NOTES;

export type Outcome =
  | { kind: 'refusedByPolicy'; refusal: PolicyRefusal; evidence?: Evidence }
  | {
      kind: Exclude<OutcomeKind, 'refusedByPolicy'>;
      evidence?: Evidence;
      notes?: readonly Note[];
      retryAt?: number;
    };

const BY_CODE = new Map(
  Object.entries(OUTCOMES).map(([kind, row]) => [row.code as number, kind as OutcomeKind]),
);

/** The outcome with this code; undefined for one that this version does not know (a newer agent's). */
export function outcomeOfCode(code: number): OutcomeKind | undefined {
  return BY_CODE.get(code);
}
