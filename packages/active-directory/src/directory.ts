import type { Password } from '@homeward/protocol/password';
import { Controllers } from './controllers.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { type DirectoryProbe, probeDirectory } from './probe-directory.ts';
import { type DirectoryIdentity, readIdentity } from './read-identity.ts';
import { type DirectoryPerson, type PeopleQuery, readPeople } from './read-people.ts';
import { type ResetOptions, resetPassword } from './reset-password.ts';
import { checkSettings, type DirectoryDeps, type DirectorySettings } from './settings.ts';
import type { Target } from './write-account.ts';

/**
 * One Active Directory domain over LDAPS. Operations answer with outcomes, also for an unreachable directory;
 * reads throw `DirectoryError` instead. Nothing connects before the first use.
 */
export type Directory = {
  resetPassword(target: Target, password: Password, options: ResetOptions): Promise<DirectoryOutcome>;
  people(query: PeopleQuery): AsyncIterable<DirectoryPerson[]>;
  identity(): Promise<DirectoryIdentity>;
  probe(): Promise<DirectoryProbe>;
  /** Ends all connections; what is under way gets the answer `unknown` or a fault. */
  close(): void;
};

/** @throws {DirectoryError} ERR_DIRECTORY_SETTINGS, listing all problems */
export function openDirectory(settings: DirectorySettings, deps: DirectoryDeps): Directory {
  checkSettings(settings);
  const controllers = new Controllers(settings, deps);
  const writing = {
    controllers,
    clock: deps.clock,
    log: deps.log,
    requirePolicyHints: settings.requirePolicyHints ?? false,
  };
  return {
    resetPassword: (target, password, options) => resetPassword(writing, target, password, options),
    people: (query) => readPeople(controllers, query),
    identity: () => controllers.withReader((session) => readIdentity(session, settings.domain)),
    probe: () => probeDirectory(controllers, deps.clock),
    close: () => controllers.close(),
  };
}
