import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Directory, DirectoryProbe } from '@homeward/active-directory';
import type { RecipientList } from '@homeward/protocol/recipients';
import type { AgentConfig, ForestConfig } from '../config.ts';
import { type Enrolment, readEnrolment } from '../enrol/enrolment.ts';
import { AgentError } from '../errors.ts';
import { loadKeys } from '../keys/key-store.ts';
import { readLinkFacts } from '../link/link-facts.ts';
import type { LinkFacts } from '../link/link-pair.ts';
import { type KeyFacts, keyFacts } from '../rollover/key-facts.ts';
import { askRecipients } from '../rollover/state-keys.ts';
import { type RulesFacts, readRulesFacts } from '../rules/rules-facts.ts';
import { BREAKER_FILE, type OpenBreaker, openBreaker } from '../rules/write-breaker.ts';
import { type JournalFacts, readJournalFacts } from './read-journal-facts.ts';
import { openSyncFacts, type SyncFacts } from './read-sync-facts.ts';

export type StatusConfig = Pick<
  AgentConfig,
  'name' | 'forests' | 'stateFolder' | 'keyLifetimeDays' | 'rules' | 'rulesFile'
> & {
  /** of the rules file as it is now, a line each by path; `rules` are not its then */
  rulesProblems: readonly string[];
};

export type StatusDeps = {
  openForest: (forest: ForestConfig) => Pick<Directory, 'probe' | 'close'>;
  fetch: typeof globalThis.fetch;
  onProgress: (text: string | undefined) => void;
};

export type AgentStatus = {
  name: string;
  enrolment: Enrolment | undefined;
  /** undefined: the keys cannot be read, or there are none yet */
  keys: KeyFacts | undefined;
  journal: JournalFacts;
  /** what the running agent said of its links; undefined where it does not run, or said nothing */
  links: LinkFacts[] | undefined;
  breakers: OpenBreaker[];
  /** what the running agent said of its own rules */
  rules: RulesFacts | undefined;
  /** the rules file as it is now, which a running agent may not have taken; undefined: none is configured */
  rulesFile: { file: string; problems: readonly string[] } | undefined;
  /** undefined: the cloud did not tell */
  recipients: RecipientList | undefined;
  cloud: SyncFacts['cloud'] | undefined;
  forests: {
    domain: string;
    /** undefined: not part of the enrolment */
    sid: string | undefined;
    probe: DirectoryProbe;
    sync: ReturnType<SyncFacts['forest']> | undefined;
  }[];
};

/** What can be told truthfully from here: files of the state folder, and each directory and the cloud, asked now. */
export async function collectStatus(
  config: StatusConfig,
  { openForest, fetch, onProgress }: StatusDeps,
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
    const journal = readJournalFacts(stateFolder);
    if (enrolment !== undefined) onProgress(`Asking ${enrolment.cloudUrl}`);
    return {
      ...{ name, enrolment, journal, forests },
      keys: enrolment && (await unlessRefused(() => keyFacts(config))),
      links: journal.state === 'held' ? readLinkFacts(stateFolder) : undefined,
      breakers: openBreakers(config),
      rules: journal.state === 'held' ? readRulesFacts(stateFolder) : undefined,
      rulesFile:
        config.rulesFile === undefined
          ? undefined
          : { file: config.rulesFile, problems: config.rulesProblems },
      recipients:
        enrolment &&
        (await unlessRefused(async () =>
          askRecipients({ enrolment, fetch }, (await loadKeys(stateFolder)).current),
        )),
      cloud: facts?.cloud,
    };
  } finally {
    onProgress(undefined);
    facts?.close();
  }
}

/** What one thing cannot tell does not keep the others from being told. */
async function unlessRefused<Told>(ask: () => Promise<Told>): Promise<Told | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AgentError) return undefined;
    throw error;
  }
}

/** The file is not made here: one of root's would lock the agent out of it. */
function openBreakers({ stateFolder, rules }: StatusConfig): OpenBreaker[] {
  if (!existsSync(join(stateFolder, BREAKER_FILE))) return [];
  const breaker = openBreaker(stateFolder, rules);
  try {
    return breaker.openOnes();
  } finally {
    breaker.close();
  }
}
