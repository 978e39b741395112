/** What the events of agents mean, by their ids, for the administrators' portal and the command line. */
import { EVENTS, type EventName } from '@homeward/protocol/event';

export type EventWords = { heading: string; meaning: string; next?: string };

const preflight = 'On the agent’s machine run "homeward-agent preflight": it says what is in the way.';
const itsLog = 'The agent’s own log has more: "homeward-agent events" on its machine.';

const WORDS: Readonly<Record<EventName, EventWords>> = {
  resetStarted: {
    heading: 'Reset started',
    meaning: 'A person’s new password has arrived and is about to be written.',
  },
  resetSucceeded: {
    heading: 'Password reset',
    meaning: 'The directory took a new password for a person who had forgotten theirs.',
  },
  resetFailed: {
    heading: 'Reset failed',
    meaning: 'A password was not reset. The outcome says why.',
  },
  onboardingStarted: {
    heading: 'Enrolment started',
    meaning: 'Somebody on the agent’s machine began to enable writeback.',
  },
  onboardingSucceeded: {
    heading: 'Enrolled',
    meaning: 'The agent is enrolled at this cloud and holds its own keys.',
  },
  changeStarted: {
    heading: 'Change started',
    meaning: 'A person who knows their password asked for another one.',
  },
  changeSucceeded: {
    heading: 'Password changed',
    meaning: 'The directory took the new password in place of the one that the person knew.',
  },
  changeFailed: {
    heading: 'Change failed',
    meaning: 'A password was not changed. The outcome says why.',
  },
  adminResetStarted: {
    heading: 'Reset by an administrator started',
    meaning: 'A password that an administrator ordered is about to be written.',
  },
  adminResetSucceeded: {
    heading: 'Password reset by an administrator',
    meaning: 'The directory took the password that an administrator ordered.',
  },
  adminResetFailed: {
    heading: 'Reset by an administrator failed',
    meaning: 'The password was not reset. The outcome says why.',
  },
  offboardingStarted: {
    heading: 'Leaving started',
    meaning: 'Somebody on the agent’s machine began to disable writeback.',
  },
  offboardingSucceeded: {
    heading: 'Left',
    meaning: 'The agent finished what was under way, and its keys were destroyed on both sides.',
  },
  offboardingFailed: {
    heading: 'Leaving failed',
    meaning: 'Writeback was not disabled completely.',
    next: 'Run "homeward-agent writeback disable" again, or revoke the agent here.',
  },
  serviceStarted: { heading: 'Agent started', meaning: 'The agent’s service runs.' },
  serviceStopped: {
    heading: 'Agent stopped',
    meaning: 'The agent’s service was told to stop. It serves nobody until it is started again.',
  },
  credentialObtained: {
    heading: 'Credential fetched',
    meaning: 'The agent proved who it is, and got a short-lived credential of this cloud.',
  },
  keysCreated: {
    heading: 'New keys',
    meaning: 'The agent made keys of its own: at its enrolment, or when older ones were replaced.',
  },
  heartbeat: { heading: 'Sign of life', meaning: 'The agent told this cloud how it is.' },
  relayLinkError: {
    heading: 'Link failed',
    meaning: 'A connection to the relay could not be opened. The agent tries again by itself.',
    next: preflight,
  },
  relayLinkDown: {
    heading: 'Link lost',
    meaning: 'One of the agent’s connections to the relay ended. It connects again by itself.',
  },
  unknownError: {
    heading: 'Unforeseen fault',
    meaning: 'Something went wrong that the agent has no name for.',
    next: itsLog,
  },
  serviceError: {
    heading: 'Fault of the service',
    meaning: 'A part of the agent could not do its work.',
    next: itsLog,
  },
  relayError: {
    heading: 'Relay refused',
    meaning: 'The relay refused the agent’s connection, or closed it.',
    next: preflight,
  },
  inputRefused: {
    heading: 'Message refused',
    meaning: 'Something arrived that is no message of this cloud, and was dropped.',
    next: 'If it goes on, find out who is between the agent and this cloud.',
  },
  cannotDecrypt: {
    heading: 'Could not be opened',
    meaning: 'A sealed password was not for the keys that this agent holds. Nothing was written.',
    next: 'If it goes on, revoke the agent and enrol it again.',
  },
  configurationError: {
    heading: 'Problem in the configuration',
    meaning: 'The agent found a mistake in its configuration or in its own rules.',
    next: 'On the agent’s machine run "homeward-agent rules check" and "homeward-agent status".',
  },
  requestRefused: {
    heading: 'Request refused',
    meaning:
      'The agent did not carry out a request: its own rules, its breaker or the clock stood against it.',
    next: 'If the rule or the breaker surprises you, find out who ordered these resets.',
  },
  credentialError: {
    heading: 'Credential refused',
    meaning: 'The agent could not prove to this cloud who it is.',
    next: 'See whether it was revoked or a copy of it runs, and whether its clock is right.',
  },
  cryptoError: {
    heading: 'Fault in cryptography',
    meaning: 'Keys could not be made, read or replaced.',
    next: itsLog,
  },
  onboardingError: {
    heading: 'Enrolment failed',
    meaning: 'Writeback could not be enabled on that machine.',
    next: preflight,
  },
  offboardingError: {
    heading: 'Fault while leaving',
    meaning: 'A step of disabling writeback went wrong.',
    next: 'Run "homeward-agent writeback disable" again, or revoke the agent here.',
  },
  relayWarning: {
    heading: 'Notice of the relay',
    meaning: 'The relay told the agent something that does not stop it.',
  },
  directoryUnknownError: {
    heading: 'Directory failed',
    meaning: 'No domain controller could be reached, or one answered what has no name.',
    next: preflight,
  },
  directoryUserNotFound: {
    heading: 'Account not found',
    meaning: 'The directory has no account for this person.',
    next: 'On the agent’s machine run "homeward-agent preflight --user <name>".',
  },
  directoryMultipleMatches: {
    heading: 'More than one account',
    meaning: 'Several enabled accounts belong to this person, so none was written.',
    next: 'Disable the one that is not used, or correct the attribute that people are matched by.',
  },
  directoryPermissions: {
    heading: 'Not permitted',
    meaning: 'The account is protected, or the agent’s account may not reset it.',
    next: 'On the agent’s machine run "homeward-agent permissions show".',
  },
  directoryAccountDisabled: {
    heading: 'Account disabled or expired',
    meaning: 'Such an account gets no new password by self-service.',
  },
  directoryAccountLocked: { heading: 'Account locked', meaning: 'The directory has locked the account.' },
  directoryWrongPassword: {
    heading: 'Wrong current password',
    meaning: 'A person who wanted to change their password did not know the current one.',
  },
  directoryPolicyRefused: {
    heading: 'Refused by the password policy',
    meaning: 'The directory did not take the new password. The person was told which rules it breaks.',
  },
  directoryConfiguration: {
    heading: 'Directory not trusted, or it refuses the agent',
    meaning: 'A controller’s certificate is not trusted, or the agent’s own sign-in is refused.',
    next: preflight,
  },
  policyHintsMissing: {
    heading: 'No policy hints',
    meaning:
      'The agent is told to write only where password history holds, and this controller cannot promise it.',
    next: 'Serve the forest from a controller that offers policy hints, or set requirePolicyHints to false.',
  },
};

const BY_ID = new Map(Object.entries(EVENTS).map(([name, id]) => [id as number, WORDS[name as EventName]]));

/** A number that this version does not know is one of a later agent. */
export function eventWords(event: number): EventWords {
  return (
    BY_ID.get(event) ?? {
      heading: `Event ${event}`,
      meaning: 'An agent of a later version told this; this cloud does not know what it means.',
      next: 'Bring this cloud up to the version of its agents.',
    }
  );
}

/** All that there are, by number. */
export const KNOWN_EVENTS: readonly number[] = [...BY_ID.keys()].toSorted((a, b) => a - b);
