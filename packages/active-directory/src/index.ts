export {
  CONNECTION_FAILURES,
  ConnectionFailure,
  type ConnectionFailureReason,
} from './connection-failure.ts';
export type { Diagnosis, DirectoryOutcome } from './diagnosis.ts';
export { type Directory, openDirectory } from './directory.ts';
export { ANSWERS, type AnswerReason } from './directory-answer.ts';
export { ConnectionLost, DirectoryError, type DirectoryErrorCode, LdapRefusal } from './errors.ts';
export type { DirectoryProbe } from './probe-directory.ts';
export type { DirectoryIdentity } from './read-identity.ts';
export type { DirectoryPerson, PeopleQuery } from './read-people.ts';
export type { ResetOptions } from './reset-password.ts';
export type { DirectoryDeps, DirectorySettings, Timeouts } from './settings.ts';
export type { EvidenceBefore, Target, WriteOptions } from './write-account.ts';
