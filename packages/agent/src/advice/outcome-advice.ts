import type { OutcomeKind } from '@homeward/protocol/outcome';
import type { Advice } from './advice.ts';

/** What each outcome tells an operator where no diagnosis comes with it. */
export const OUTCOME_ADVICE: Readonly<Record<OutcomeKind, Advice>> = {
  applied: {
    happened: 'The directory wrote it.',
    means: 'The new password holds. The previous one may still open LDAP and NTLM sign-ins for an hour.',
    next: 'Nothing.',
  },
  refusedByPolicy: {
    happened: 'The directory refused the new password by its policy.',
    means: 'The person was told which rules it breaks, as far as they can be read.',
    next: 'Nothing, unless the rules are not known: then let the account read PSOs (permissions grant --right read-psos).',
  },
  notFound: {
    happened: 'No account was found for this person.',
    means: 'A link between the cloud and the directory is missing, or the account was deleted.',
    next: 'Run preflight --user with the person’s name: it says which link is missing.',
  },
  ambiguous: {
    happened: 'More than one enabled account is linked to this person.',
    means: 'Nothing says which of them takes the password, so none was written.',
    next: 'Disable the account that is not used, or correct the attribute that people are matched by.',
  },
  protectedAccount: {
    happened: 'The account is a member of a protected group, or still marked as one (adminCount is 1).',
    means: 'Administrators’ passwords are not reset by this way, whatever rights the agent’s account has.',
    next: 'Reset it by hand. If the person is no administrator any more, clear adminCount and enable inheritance.',
  },
  notPermitted: {
    happened: 'The agent’s account lacks a right on this person.',
    means: 'Nothing was written, and everybody in the same place is concerned.',
    next: 'Run permissions show --people, then permissions grant for the OU that it names.',
  },
  disabled: {
    happened: 'The account is disabled in the directory.',
    means: 'A new password would not let the person sign in, so none was written.',
    next: 'Enable the account if the person is to use it.',
  },
  accountExpired: {
    happened: 'The account itself has expired (accountExpires).',
    means: 'A new password would not let the person sign in, so none was written.',
    next: 'Set a later expiry date if the person is to use it.',
  },
  locked: {
    happened: 'The account is locked after wrong passwords.',
    means: 'A change is not possible while it lasts. A reset unlocks.',
    next: 'The person can reset or unlock. If it comes back, look for a device that keeps an old password.',
  },
  smartCardRequired: {
    happened: 'The account is set to require a smart card.',
    means: 'Its password is not used to sign in, so none was written.',
    next: 'Nothing, or clear “Smart card is required for interactive logon” on the account.',
  },
  wrongCurrentPassword: {
    happened: 'The current password was not right.',
    means: 'The directory counts this as a wrong sign-in of the person.',
    next: 'The person types it again, or resets instead.',
  },
  cannotChangePassword: {
    happened: 'The person may not change their own password.',
    means: 'Change Password is denied on the account (“User cannot change password”).',
    next: 'Clear “User cannot change password” on the account, or let the person reset instead.',
  },
  directoryUnreachable: {
    happened: 'No domain controller could be used.',
    means: 'Nothing was written. Nobody in this forest can reset while that lasts.',
    next: 'Run preflight: it says whether DNS, the network or the controller is the reason.',
  },
  directoryNotTrusted: {
    happened: 'The controller’s certificate is not trusted.',
    means: 'No password was sent. Nobody in this forest can reset while that lasts.',
    next: 'Run preflight: it names the certificate and what is wrong with it.',
  },
  serviceAccountRefused: {
    happened: 'The directory refused the agent’s own account.',
    means: 'Nobody in this forest can reset while that lasts.',
    next: 'Run preflight: it says whether the password, a lock or an expiry is the reason.',
  },
  policyHintsMissing: {
    happened: 'The controller cannot enforce password history on a reset.',
    means: 'requirePolicyHints is true for this forest, so nothing was written.',
    next: 'Use a PDC emulator that offers policy hints (control 1.2.840.113556.1.4.2239), or set requirePolicyHints to false.',
  },
  directoryRefused: {
    happened: 'The directory refused the write for a reason that has no name of its own.',
    means: 'Nothing was written. The log has the controller’s numbers.',
    next: 'Look up the LDAP result and the code of Active Directory that stand in the log.',
  },
  refusedByAgent: {
    happened: 'The agent refused the operation.',
    means: 'It is not allowed to this agent, or this version does not know it.',
    next: 'Check what the agent’s configuration allows, and that agent and cloud have the same version.',
  },
  expired: {
    happened: 'The request came too late, or its times do not fit this machine’s clock.',
    means: 'Nothing was written.',
    next: 'The person tries again. If it comes back, run preflight and compare the clocks.',
  },
  replayed: {
    happened: 'A request with a known number but other content arrived.',
    means: 'It was not carried out. The first one keeps its answer.',
    next: 'Once may be a fault on the way. Several are somebody’s attempt: look at the relay’s log.',
  },
  undecryptable: {
    happened: 'The sealed password could not be opened.',
    means: 'It was sealed for another key, person or request, or altered. Nothing was written.',
    next: 'The person tries again. If it comes back, enrol this agent again.',
  },
  superseded: {
    happened: 'Another write to the same account came first.',
    means: 'This password was not written, or not for long.',
    next: 'The person tries again if the password they know does not work.',
  },
  agentFault: {
    happened: 'The agent met a fault of its own.',
    means: 'The request ended without a write that is known of.',
    next: 'Look at the agent’s log for this request, and report it with the log.',
  },
  unknown: {
    happened: 'The answer to the write was lost, and nothing proves what became of it.',
    means: 'The new password may hold or not. It is never reported as success.',
    next: 'The person tries the new password, then resets again. The right to write the marker makes this case provable.',
  },
  notStarted: {
    happened: 'The request never reached the directory.',
    means: 'Nothing was written.',
    next: 'The person tries again.',
  },
};
