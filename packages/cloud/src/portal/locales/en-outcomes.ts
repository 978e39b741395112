import type { CharacterKind, OutcomeKind, PolicyRefusal, Rule } from '@homeward/protocol/outcome';
import type { Moment } from '../moment.ts';

/** What happened, what it means, what to do next: one heading and one or more sentences. */
export type OutcomeWords = { heading: string; body: readonly string[] };

const unchanged = 'Your password has not been changed: the one you had before still applies.';
const askSupport = 'Please contact your help desk and give them the codes below.';

export const enOutcomes: Record<OutcomeKind, OutcomeWords> = {
  applied: {
    heading: 'Your password has been changed',
    body: ['The new password works from now on.'],
  },
  refusedByPolicy: {
    heading: 'This password was not accepted',
    body: [unchanged, 'You can choose another one now.'],
  },
  notFound: {
    heading: 'Your account was not found in the directory',
    body: [
      unchanged,
      'The account may have been moved or deleted a short while ago, so trying again will not help.',
      askSupport,
    ],
  },
  ambiguous: {
    heading: 'Your account is in more than one directory',
    body: [unchanged, 'It is not clear which of them should get the new password.', askSupport],
  },
  protectedAccount: {
    heading: 'This account cannot be reset here',
    body: [
      unchanged,
      'This account belongs to a group with special rights. Such accounts are reset by an administrator in person.',
      askSupport,
    ],
  },
  notPermitted: {
    heading: 'The reset was not permitted',
    body: [
      unchanged,
      'The reset service lacks the right to change the password of your account. That is nothing you can mend.',
      askSupport,
    ],
  },
  disabled: {
    heading: 'Your account is disabled',
    body: [unchanged, 'A new password would not let you sign in.', askSupport],
  },
  accountExpired: {
    heading: 'Your account has expired',
    body: [
      unchanged,
      'The end date of your account has passed, so a new password would not let you sign in.',
      askSupport,
    ],
  },
  locked: {
    heading: 'Your account is locked',
    body: [
      unchanged,
      'There were too many failed sign-ins. Wait a while and try again, or contact your help desk.',
    ],
  },
  smartCardRequired: {
    heading: 'This account signs in with a smart card',
    body: [unchanged, 'It has no password that you could use.', askSupport],
  },
  wrongCurrentPassword: {
    heading: 'The current password is not right',
    body: [unchanged, 'Check it and enter it again.'],
  },
  cannotChangePassword: {
    heading: 'This account may not change its own password',
    body: [unchanged, 'The directory forbids it for your account.', askSupport],
  },
  directoryUnreachable: {
    heading: 'The directory cannot be reached right now',
    body: [
      unchanged,
      'This is usually over in a few minutes. Try again then, here on this page: you do not need another code.',
    ],
  },
  directoryNotTrusted: {
    heading: 'The directory could not be verified',
    body: [
      unchanged,
      'To keep your new password safe it was not sent. An administrator has to look at the certificate.',
      askSupport,
    ],
  },
  serviceAccountRefused: {
    heading: 'The reset service could not sign in to the directory',
    body: [
      unchanged,
      'An administrator has to mend that. It has nothing to do with your account.',
      askSupport,
    ],
  },
  policyHintsMissing: {
    heading: 'The directory cannot check this password',
    body: [
      unchanged,
      'An administrator has to change a setting before passwords can be reset here.',
      askSupport,
    ],
  },
  directoryRefused: {
    heading: 'The directory refused the change',
    body: [unchanged, 'It did not say why in a way that would help you.', askSupport],
  },
  refusedByAgent: {
    heading: 'Your organisation does not allow this reset here',
    body: [unchanged, 'A rule on its own side refused it for your account.', askSupport],
  },
  expired: {
    heading: 'The request took too long',
    body: [unchanged, 'It was given up before it reached the directory. Try again.'],
  },
  replayed: {
    heading: 'This request was already made',
    body: [
      'It was not carried out a second time.',
      'Try the password you chose. If it does not work, start again.',
    ],
  },
  undecryptable: {
    heading: 'The request could not be read',
    body: [
      unchanged,
      'Try once more. If it happens again, contact your help desk and give them the codes below.',
    ],
  },
  superseded: {
    heading: 'Your password was changed by someone else meanwhile',
    body: [
      'The password you chose here does not apply.',
      'If your help desk was helping you, use the one they gave you. Otherwise choose a new one now, and tell them.',
    ],
  },
  agentFault: {
    heading: 'Something failed on our side',
    body: [unchanged, 'Try again in a few minutes. If it happens again, contact your help desk.'],
  },
  unknown: {
    heading: 'We do not know whether your password was changed',
    body: [
      'The connection to the directory broke at the wrong moment.',
      'Try the new password. If it does not work, try the old one, and start again to set a new one.',
    ],
  },
  notStarted: {
    heading: 'The request did not get through',
    body: [unchanged, 'The connection to your organisation was interrupted. Try again in a moment.'],
  },
};

export const enRules: Record<Rule, (refusal: PolicyRefusal, retryAt: Moment | undefined) => string> = {
  tooYoung: (_refusal, retryAt) =>
    retryAt
      ? `Your password was changed recently. It can be changed again from ${retryAt.text}.`
      : 'Your password was changed too recently to be changed again. Wait a day, or contact your help desk.',
  tooShort: ({ minimumLength }) =>
    minimumLength === undefined
      ? 'The password is too short. Use more characters.'
      : `The password is too short. Use ${minimumLength} or more characters.`,
  notComplex: ({ missingKinds = [] }) =>
    missingKinds.length === 0
      ? 'The password is too simple. Mix capital letters, small letters, digits and symbols.'
      : `The password needs more variety. Add ${alternatives(missingKinds.map((kind) => enCharacterKinds[kind]))}.`,
  containsName: () => 'The password contains your name or user name. Leave it out.',
  historyOrFilter: ({ historyLength }) =>
    historyLength === undefined
      ? 'The password was used before, or is on a list of forbidden ones. Choose one that is new and harder to guess.'
      : `The password is one of your last ${historyLength}, or is on a list of forbidden ones. Choose one that is new and harder to guess.`,
  bannedWord: () => 'The password contains a word that is easy to guess. Leave it out.',
};

export const enCharacterKinds: Record<CharacterKind, string> = {
  upper: 'a capital letter',
  lower: 'a small letter',
  digit: 'a digit',
  symbol: 'a symbol such as ! or #',
  otherLetter: 'a letter of another script',
};

function alternatives(words: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(words);
}
