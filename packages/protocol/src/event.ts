/**
 * Event ids as administrators know them from Microsoft's PasswordResetService log, so that existing alert rules
 * keep matching. The numbers are theirs ("Troubleshoot self-service password reset writeback", event log
 * error codes); names are in this product's own words.
 */
export const EVENTS = {
  resetStarted: 31001,
  resetSucceeded: 31002,
  resetFailed: 31003,
  onboardingStarted: 31004,
  onboardingSucceeded: 31005,
  changeStarted: 31006,
  changeSucceeded: 31007,
  changeFailed: 31008,
  adminResetStarted: 31009,
  adminResetSucceeded: 31010,
  adminResetFailed: 31011,
  offboardingStarted: 31012,
  offboardingSucceeded: 31013,
  offboardingFailed: 31014,
  serviceStarted: 31015,
  serviceStopped: 31016,
  credentialObtained: 31017,
  keysCreated: 31018,
  heartbeat: 31019,
  relayLinkError: 31034,
  relayLinkDown: 31044,
  unknownError: 32000,
  serviceError: 32001,
  relayError: 32002,
  inputRefused: 32003,
  cannotDecrypt: 32004,
  configurationError: 32005,
  requestRefused: 32008,
  credentialError: 32009,
  cryptoError: 32010,
  onboardingError: 32011,
  offboardingError: 32013,
  relayWarning: 32014,
  directoryUnknownError: 33001,
  directoryUserNotFound: 33002,
  directoryMultipleMatches: 33003,
  directoryPermissions: 33004,
  directoryAccountDisabled: 33005,
  directoryAccountLocked: 33006,
  directoryWrongPassword: 33007,
  directoryPolicyRefused: 33008,
  directoryConfiguration: 33009,
  policyHintsMissing: 6329,
} as const;

export type EventName = keyof typeof EVENTS;
export type EventId = (typeof EVENTS)[EventName];
