import type { Directory, DirectoryProbe } from '@homeward/active-directory';
import { identityFingerprint } from '@homeward/protocol/enrolment';
import type { AgentConfig, ForestConfig } from '../config.ts';
import { type Enrolment, readEnrolment } from '../enrol/enrolment.ts';
import { AgentError } from '../errors.ts';
import { loadKeys } from '../keys/key-store.ts';
import { type JournalFacts, readJournalFacts } from './read-journal-facts.ts';
import { openSyncFacts, type SyncFacts } from './read-sync-facts.ts';

export type StatusDeps = {
  openForest: (forest: ForestConfig) => Pick<Directory, 'probe' | 'close'>;
  onProgress: (text: string | undefined) => void;
};

export type AgentStatus = {
  name: string;
  enrolment: Enrolment | undefined;
  /** undefined: the keys cannot be read */
  fingerprint: string | undefined;
  journal: JournalFacts;
  cloud: SyncFacts['cloud'] | undefined;
  forests: {
    domain: string;
    /** undefined: not part of the enrolment */
    sid: string | undefined;
    probe: DirectoryProbe;
    sync: ReturnType<SyncFacts['forest']> | undefined;
  }[];
};

/** What can be told truthfully from here: files of the state folder, and each directory, asked now. */
export async function collectStatus(
  config: Pick<AgentConfig, 'name' | 'forests' | 'stateFolder'>,
  { openForest, onProgress }: StatusDeps,
): Promise<AgentStatus> {
  const { stateFolder, name } = config;
  const enrolment = readEnrolment(stateFolder);
  const facts = openSyncFacts(stateFolder);
  try {
    const forests = [];
    for (const forest of config.forests) {
      onProgress(`Asking ${forest.domain}`);
      const directory = openForest(forest);
      const probe = await directory.probe().finally(() => directory.close());
      const sid = enrolment?.forests.find(({ domain }) => domain === forest.domain)?.sid;
      forests.push({
        domain: forest.domain,
        sid,
        probe,
        sync: sid === undefined ? undefined : facts?.forest(sid),
      });
    }
    return {
      name,
      enrolment,
      fingerprint: enrolment && (await fingerprintOf(stateFolder)),
      journal: readJournalFacts(stateFolder),
      cloud: facts?.cloud,
      forests,
    };
  } finally {
    onProgress(undefined);
    facts?.close();
  }
}

async function fingerprintOf(stateFolder: string): Promise<string | undefined> {
  try {
    const { identity } = await loadKeys(stateFolder);
    return await identityFingerprint(identity.publicKey);
  } catch (error) {
    if (error instanceof AgentError && error.code === 'ERR_KEYS_MISSING') return undefined;
    throw error;
  }
}
