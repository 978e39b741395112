export {
  CONNECTION_FAILURES,
  ConnectionFailure,
  type ConnectionFailureReason,
} from './connection-failure.ts';
export type { PolicyHintsOid } from './controller-facts.ts';
export type { Diagnosis, DirectoryOutcome } from './diagnosis.ts';
export { type Directory, openDirectory } from './directory.ts';
export { ANSWERS, type AnswerReason } from './directory-answer.ts';
export { DEFAULT_MARKER, RIGHTS, type Right } from './directory-rights.ts';
export { escapeDnValue, isBelowOrAt, parentDn, sameDn } from './distinguished-name.ts';
export type { DryRun, DryRunRequest } from './dry-run.ts';
export type { DsaclsLine } from './dsacls-line.ts';
export { ConnectionLost, DirectoryError, type DirectoryErrorCode, LdapRefusal } from './errors.ts';
export { type EvaluatedRight, isHeld, type RightState } from './evaluate-rights.ts';
export type { PasswordRules, PersonPolicy, ResolvedPolicy } from './password-policy.ts';
export { type RightsPlan, type RightsStep, reversePlan } from './plan-rights.ts';
export { type EvidenceBefore, isFresh, type Prepared, type PrepareRequest } from './prepared.ts';
export type { DirectoryProbe } from './probe-directory.ts';
export type { ChangesQuery, DirectoryChanges } from './read-changes.ts';
export type { DirectoryGroup, GroupsQuery } from './read-groups.ts';
export type { DirectoryIdentity } from './read-identity.ts';
export type { DirectoryPerson, PeopleQuery } from './read-people.ts';
export type { ProtectedMembers } from './read-protected.ts';
export type { Trustee } from './read-token.ts';
export type { OuRights, RightsQuery, RightsReport } from './report-rights.ts';
export type { ResetOptions } from './reset-password.ts';
export type { LostWrite } from './resolve-write.ts';
export type { DirectoryDeps, DirectorySettings, Timeouts } from './settings.ts';
export type { PasswordVerdict } from './try-password.ts';
export type { Permit, Target, WriteOptions } from './write-account.ts';
