import type { Password } from '@homeward/protocol/password';
import type { MarkerChoice } from './account-state.ts';
import { applyPlan } from './apply-rights.ts';
import { changePassword } from './change-password.ts';
import { Controllers } from './controllers.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { DEFAULT_MARKER, type Right } from './directory-rights.ts';
import { type DryRun, type DryRunRequest, dryRun } from './dry-run.ts';
import { KeptEligibility } from './kept-eligibility.ts';
import { type PersonPolicy, readPersonPolicy } from './password-policy.ts';
import { planGrant, planRevoke, type RightsPlan } from './plan-rights.ts';
import { prepareWrite } from './prepare-write.ts';
import type { Prepared, PrepareRequest } from './prepared.ts';
import { type DirectoryProbe, probeDirectory } from './probe-directory.ts';
import { type ChangesQuery, type DirectoryChanges, readChanges } from './read-changes.ts';
import { type DirectoryGroup, type GroupsQuery, readGroups } from './read-groups.ts';
import { type DirectoryIdentity, readIdentity } from './read-identity.ts';
import { type DirectoryPerson, type PeopleQuery, readPeople } from './read-people.ts';
import { type ProtectedMembers, readProtectedMembers } from './read-protected.ts';
import { type RightsQuery, type RightsReport, reportRights } from './report-rights.ts';
import { type ResetOptions, resetPassword } from './reset-password.ts';
import { type LostWrite, resolveWrite } from './resolve-write.ts';
import { checkSettings, type DirectoryDeps, type DirectorySettings } from './settings.ts';
import { type PasswordVerdict, tryPassword } from './try-password.ts';
import { unlockAccount } from './unlock-account.ts';
import type { Target, WriteOptions } from './write-account.ts';

/**
 * One Active Directory domain over LDAPS. Operations answer with outcomes, also for an unreachable directory;
 * reads throw `DirectoryError` instead. Nothing connects before the first use.
 */
export type Directory = {
  /** Reads ahead what a write to this person will need, so that only the write itself is left to do. */
  prepare(target: Target, request: PrepareRequest): Promise<Prepared | DirectoryOutcome>;
  resetPassword(target: Target, password: Password, options: ResetOptions): Promise<DirectoryOutcome>;
  changePassword(
    target: Target,
    passwords: { current: Password; next: Password },
    options?: WriteOptions,
  ): Promise<DirectoryOutcome>;
  unlock(target: Target, options?: Omit<WriteOptions, 'fence'>): Promise<DirectoryOutcome>;
  /** Would this succeed? Only reads. */
  dryRun(target: Target, request: DryRunRequest): Promise<DryRun>;
  /** The rules that apply to this person, and what they mean now; undefined where there is no such person. */
  policy(target: Target): Promise<PersonPolicy | undefined>;
  /** One bind as the person, at the PDC emulator. A wrong password counts against them. */
  tryPassword(target: Target, password: Password): Promise<PasswordVerdict>;
  /** What became of a write whose answer was lost. May wait for half a minute where there is no fence. */
  resolve(lost: LostWrite): Promise<DirectoryOutcome>;
  people(query: PeopleQuery): AsyncIterable<DirectoryPerson[]>;
  groups(query: GroupsQuery): AsyncIterable<DirectoryGroup[]>;
  /** Who belongs to a protected group, by the groups’ own lists: no password of theirs is ever written. */
  protectedMembers(): Promise<ProtectedMembers>;
  /** What changed since a cookie, or everything. */
  changes(query: ChangesQuery): AsyncIterable<DirectoryChanges>;
  identity(): Promise<DirectoryIdentity>;
  probe(): Promise<DirectoryProbe>;
  /** What the account of this directory may do, OU by OU. */
  rights(query?: Partial<RightsQuery>): Promise<RightsReport>;
  planGrant(report: RightsReport, rights: readonly Right[]): Promise<RightsPlan>;
  planRevoke(report: RightsReport, rights: readonly Right[]): Promise<RightsPlan>;
  /** Writes descriptors, and so needs an administrator's directory, not the agent's. @throws {LdapRefusal} */
  applyRights(plan: RightsPlan): Promise<void>;
  /** Ends all connections. What is under way ends as `unknown`, or by a fault. */
  close(): void;
};

/** @throws {DirectoryError} ERR_DIRECTORY_SETTINGS, listing all problems */
export function openDirectory(settings: DirectorySettings, deps: DirectoryDeps): Directory {
  checkSettings(settings);
  const controllers = new Controllers(settings, deps);
  const requirePolicyHints = settings.requirePolicyHints ?? false;
  const marker = settings.marker === false ? undefined : markerChoice(settings.marker);
  const kept = new KeptEligibility();
  const writing = { controllers, clock: deps.clock, log: deps.log, requirePolicyHints, marker, kept };
  const account = settings.account.userPrincipalName;
  const trying = (
    ...[session, target, password]: Parameters<Parameters<typeof resolveWrite>[0]['tryPassword']>
  ) => tryPassword(session, target, password, settings.ca, controllers.limits);
  return {
    prepare: (target, request) => prepareWrite(writing, target, request),
    resetPassword: (target, password, options) => resetPassword(writing, target, password, options),
    changePassword: (target, passwords, options = {}) => changePassword(writing, target, passwords, options),
    unlock: (target, options = {}) => unlockAccount(writing, target, options),
    dryRun: (target, request) => dryRun(writing, target, request),
    policy: ({ objectGuid }) =>
      controllers.withReader(({ connection, facts }) =>
        readPersonPolicy(connection, facts.baseDn, objectGuid),
      ),
    tryPassword: (target, password) => controllers.withWriter((session) => trying(session, target, password)),
    resolve: (lost) => resolveWrite({ ...writing, tryPassword: trying }, lost),
    people: (query) => readPeople(controllers, query),
    groups: (query) => readGroups(controllers, query),
    protectedMembers: () => readProtectedMembers(controllers),
    changes: (query) => readChanges(controllers, query),
    identity: () => controllers.withReader((session) => readIdentity(session, settings.domain)),
    probe: () => probeDirectory(controllers, deps.clock),
    rights: (query = {}) =>
      controllers.withReader((session) =>
        reportRights(session, account, { marker: DEFAULT_MARKER, inspectPeople: false, ...query }),
      ),
    planGrant: (report, rights) => controllers.withReader((session) => planGrant(session, report, rights)),
    planRevoke: (report, rights) => controllers.withReader((session) => planRevoke(session, report, rights)),
    applyRights: (plan) => controllers.withWriter((session) => applyPlan(session, plan)),
    close: () => controllers.close(),
  };
}

function markerChoice(attribute: string | undefined): MarkerChoice {
  return { attribute: attribute ?? DEFAULT_MARKER, ifWritable: attribute === undefined };
}
