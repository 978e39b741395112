/** What events are called, on this machine as in the administrators' portal. */
import { EVENTS, type EventName } from '@homeward/protocol/event';

export const EVENT_HEADINGS: Readonly<Record<EventName, string>> = {
  resetStarted: 'Reset started',
  resetSucceeded: 'Password reset',
  resetFailed: 'Reset failed',
  onboardingStarted: 'Enrolment started',
  onboardingSucceeded: 'Enrolled',
  changeStarted: 'Change started',
  changeSucceeded: 'Password changed',
  changeFailed: 'Change failed',
  adminResetStarted: 'Reset by an administrator started',
  adminResetSucceeded: 'Password reset by an administrator',
  adminResetFailed: 'Reset by an administrator failed',
  offboardingStarted: 'Leaving started',
  offboardingSucceeded: 'Left',
  offboardingFailed: 'Leaving failed',
  serviceStarted: 'Agent started',
  serviceStopped: 'Agent stopped',
  credentialObtained: 'Credential fetched',
  keysCreated: 'New keys',
  heartbeat: 'Sign of life',
  relayLinkError: 'Link failed',
  relayLinkDown: 'Link lost',
  unknownError: 'Unforeseen fault',
  serviceError: 'Fault of the service',
  relayError: 'Relay refused',
  inputRefused: 'Message refused',
  cannotDecrypt: 'Could not be opened',
  configurationError: 'Problem in the configuration',
  requestRefused: 'Request refused',
  credentialError: 'Credential refused',
  cryptoError: 'Fault in cryptography',
  onboardingError: 'Enrolment failed',
  offboardingError: 'Fault while leaving',
  relayWarning: 'Notice of the relay',
  directoryUnknownError: 'Directory failed',
  directoryUserNotFound: 'Account not found',
  directoryMultipleMatches: 'More than one account',
  directoryPermissions: 'Not permitted',
  directoryAccountDisabled: 'Account disabled or expired',
  directoryAccountLocked: 'Account locked',
  directoryWrongPassword: 'Wrong current password',
  directoryPolicyRefused: 'Refused by the password policy',
  directoryConfiguration: 'Directory not trusted, or it refuses the agent',
  policyHintsMissing: 'No policy hints',
};

const BY_ID = new Map(
  Object.entries(EVENTS).map(([name, id]) => [id as number, EVENT_HEADINGS[name as EventName]]),
);

/** Undefined for a number that is none of ours. */
export function eventHeading(event: number): string | undefined {
  return BY_ID.get(event);
}

/** Said in full by their heading, where nothing went wrong. */
export const PLAIN_EVENTS: ReadonlySet<number> = new Set([
  EVENTS.heartbeat,
  EVENTS.serviceStarted,
  EVENTS.serviceStopped,
  EVENTS.onboardingStarted,
  EVENTS.onboardingSucceeded,
  EVENTS.offboardingStarted,
  EVENTS.resetStarted,
  EVENTS.changeStarted,
  EVENTS.adminResetStarted,
]);

/** What comes of itself, again and again, as long as all is well. */
export const ROUTINE_EVENTS: ReadonlySet<number> = new Set([EVENTS.heartbeat, EVENTS.credentialObtained]);
