import type { DirectorySettings } from '@homeward/active-directory';
import type { EnrolledForest } from '@homeward/protocol/enrolment';
import type { Secret } from '@homeward/protocol/secret';
import type { ForestId, SyncConfiguration } from '@homeward/sync';
import { syncConfigurationOf } from './sync-configuration.ts';
import type { SyncSettings } from './sync-settings.ts';

/** What synchronisation needs to know, as plain data: it crosses to the worker thread. Secrets are not in it. */
export type SyncWork = {
  stateFolder: string;
  cloudUrl: string;
  settings: SyncSettings;
  forests: readonly ForestWork[];
};

export type ForestWork = EnrolledForest & {
  include: readonly string[] | undefined;
  directory: Omit<DirectorySettings, 'account'>;
  account: string;
};

/** A page of a busy controller takes longer than anybody at a page would wait. */
const READ_WITHIN_MS = 60_000;

/** What synchronisation is told, in the two parts that go different ways. */
export type SyncOrder = {
  work: SyncWork;
  /** of each forest's account, by the forest's SID */
  passwords: ReadonlyMap<ForestId, Secret<string>>;
};

export function syncOrderOf(given: {
  stateFolder: string;
  cloudUrl: string;
  settings: SyncSettings;
  forests: readonly {
    enrolled: EnrolledForest;
    include: readonly string[] | undefined;
    directory: DirectorySettings;
  }[];
}): SyncOrder {
  const { forests, ...rest } = given;
  return {
    work: {
      ...rest,
      forests: forests.map(({ enrolled, include, directory: { account, ...directory } }) => ({
        ...enrolled,
        include,
        directory: { ...directory, timeouts: { read: READ_WITHIN_MS } },
        account: account.userPrincipalName,
      })),
    },
    passwords: new Map(forests.map(({ enrolled, directory }) => [enrolled.sid, directory.account.password])),
  };
}

/** @throws {SyncError} ERR_SYNC_CONFIGURATION */
export function configurationOf({ forests, settings }: SyncWork): SyncConfiguration {
  return syncConfigurationOf(forests, settings.matching, { groups: settings.groups });
}
