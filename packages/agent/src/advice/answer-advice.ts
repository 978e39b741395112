import type { AnswerReason } from '@homeward/active-directory';
import type { Advice } from './advice.ts';
import { OUTCOME_ADVICE } from './outcome-advice.ts';

/** What a controller's answer, or our own check before the write, tells an operator. */
export const ANSWER_ADVICE: Readonly<Record<AnswerReason, Advice>> = {
  passwordRestriction: OUTCOME_ADVICE.refusedByPolicy,
  currentPasswordWrong: OUTCOME_ADVICE.wrongCurrentPassword,
  accountLockedOut: OUTCOME_ADVICE.locked,
  accountIsLocked: OUTCOME_ADVICE.locked,
  accessDenied: {
    ...OUTCOME_ADVICE.notPermitted,
    happened: 'The directory denied the write: Reset Password is not held on this person.',
  },
  insufficientRights: {
    ...OUTCOME_ADVICE.notPermitted,
    happened: 'The directory denied one attribute of the write: lockoutTime, pwdLastSet or the marker.',
  },
  changeNotAllowed: OUTCOME_ADVICE.cannotChangePassword,
  objectGone: {
    happened: 'The account was deleted, or moved out of what the agent’s account may see.',
    means: 'The last synchronisation knew it; the directory does not, now.',
    next: 'Wait for the next synchronisation. If the person is there, check that the agent’s account may read them.',
  },
  referral: {
    happened: 'The controller pointed to another one.',
    means: 'It is read-only, or does not hold this domain. Referrals are not followed with passwords.',
    next: 'Check domain and controllers in the configuration: they must belong to the person’s own domain.',
  },
  policyHintsRefused: {
    happened: 'The controller refused the policy-hints control that it offers.',
    means: 'Nothing was written, because history would not have been enforced.',
    next: 'Install the controller’s updates, or move the PDC emulator role to a newer one.',
  },
  policyHintsNotOffered: OUTCOME_ADVICE.policyHintsMissing,
  connectionNotEncrypted: {
    happened: 'The controller wants a stronger encrypted connection for passwords.',
    means: 'Nothing was written.',
    next: 'Check that nothing between agent and controller ends TLS, and that it negotiates 128 bits or more.',
  },
  notBound: {
    happened: 'The controller no longer knew who was asking.',
    means: 'Nothing was written.',
    next: 'Nothing: the next request makes a new connection. If it comes back, look at the controller’s log.',
  },
  controllerBusy: {
    happened: 'The controller is too busy, or is shutting down.',
    means: 'Nothing was written.',
    next: 'Look at the load of the PDC emulator; people can try again at once.',
  },
  markerMoved: OUTCOME_ADVICE.superseded,
  answerNotKnown: OUTCOME_ADVICE.directoryRefused,
  mustChangeNotSet: {
    happened: 'The password was written, but not the flag that asks for another one at next logon.',
    means: 'The person can go on with the password that was set for them.',
    next: 'Set “User must change password at next logon” by hand, or reset once more.',
  },
  notUnlocked: {
    happened: 'The password was written, and the account was locked by wrong passwords while that went on.',
    means: 'The person cannot sign in until the lock ends or is taken away.',
    next: 'Unlock the account by hand. If it is locked again and again, look for a device that has the old password.',
  },
  againstLocalRules: {
    happened: 'The agent’s own rules stand against this request.',
    means: 'Nothing was written. The cloud cannot change these rules.',
    next: 'If the request is legitimate, change the rules in the agent’s configuration on its own machine.',
  },
  tooLate: OUTCOME_ADVICE.expired,
  noAnswer: OUTCOME_ADVICE.unknown,
  anotherDatabase: {
    happened: 'The controller that a write was sent to has another database now: restored, or made anew.',
    means: 'It cannot tell any more what became of that write. The agent goes on asking.',
    next: 'Look at the person in the directory, then: homeward-agent journal resolve. The person can reset again meanwhile.',
  },
  noSuchAccount: {
    ...OUTCOME_ADVICE.notFound,
    happened: 'No account with this objectGUID can be seen in the directory.',
    means: 'It was deleted, or the agent’s account may not list it.',
  },
  notAPerson: {
    happened: 'The object is no person: a computer, a trust, a contact or a managed service account.',
    means: 'Its password is not for people to set, so nothing was written.',
    next: 'Take it out of the scope of synchronisation.',
  },
  protectedGroup: {
    ...OUTCOME_ADVICE.protectedAccount,
    happened: 'The account is a member of a protected group, directly, through others, or as primary group.',
    next: 'Reset it by hand, with an administrator’s account.',
  },
  leftoverAdminCount: {
    ...OUTCOME_ADVICE.protectedAccount,
    happened: 'adminCount is still 1, though no group of the account is protected any more.',
    next: 'If the person is no administrator, clear adminCount and enable inheritance on the account.',
  },
  accountUnreadable: {
    ...OUTCOME_ADVICE.notPermitted,
    happened: 'The agent’s account may not read this person’s flags and groups.',
    means: 'Without them nobody knows whether the account is protected, so nothing was written.',
  },
  accountIsDisabled: OUTCOME_ADVICE.disabled,
  accountHasExpired: OUTCOME_ADVICE.accountExpired,
  smartCardRequired: OUTCOME_ADVICE.smartCardRequired,
};
