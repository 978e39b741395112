import {
  attributesToImport,
  beginFullImport,
  type ForestId,
  finishFullImport,
  type HeldDeletions,
  heldDeletions,
  type ImportedObject,
  importObjects,
  importsGroups,
  type Sweep,
  type SyncConfiguration,
  type SyncStore,
  type UnreadableObject,
} from '@homeward/sync';
import type { AgentLog } from '../log.ts';

/** One person as the directory shows them: text, GUIDs and SIDs in their usual form, other bytes as base64. */
export type Person = { objectGuid: string; dn: string; attributes: Record<string, string[]> };

/** A group with the objectGUIDs of its direct members, people and groups. */
export type Group = Person & { members: readonly string[] };

/** Everybody in one forest, page by page, in any order. The active-directory package's `Directory` is one. */
export type PeopleSource = {
  people: (query: {
    attributes: readonly string[];
    /** DNs of the containers to read below; absent: everything */
    searchBases?: readonly string[];
  }) => AsyncIterable<readonly Person[]>;
  /** needed where the configuration brings groups in */
  groups?: (query: {
    attributes: readonly string[];
    searchBases?: readonly string[];
  }) => AsyncIterable<readonly Group[]>;
};

export type ImportReport = {
  seen: number;
  added: number;
  changed: number;
  unreadable: number;
  sweep: Sweep;
};

const UNREADABLE_LOGGED = 5;

/**
 * A full import of one forest: everybody it shows is taken in, each page in one transaction, and only after the
 * last page are those missed who were not seen. Broken off anywhere, nothing is lost and nobody is deleted.
 *
 * @throws what the source throws
 */
export async function importPeople(deps: {
  directory: PeopleSource;
  store: SyncStore;
  configuration: SyncConfiguration;
  forest: ForestId;
  log: AgentLog;
  onImported: (seen: number) => void;
}): Promise<ImportReport> {
  const { store, configuration, forest, log } = deps;
  const include = configuration.forests.find(({ id }) => id === forest)?.include;
  const report = { seen: 0, added: 0, changed: 0, unreadable: 0 };
  const logUnreadable = unreadableLog(log, forest);
  beginFullImport(store, forest);
  const importPage = (page: readonly ImportedObject[]) => {
    const counts = importObjects(store, configuration, forest, page);
    logUnreadable(counts.unreadable);
    report.seen += page.length;
    report.added += counts.added;
    report.changed += counts.changed;
    report.unreadable += counts.unreadable.length;
    deps.onImported(report.seen);
  };
  const bases = include && { searchBases: include };
  const people = deps.directory.people({ attributes: attributesToImport(configuration), ...bases });
  for await (const page of people)
    importPage(page.map((person) => ({ ...person, objectType: 'user' as const })));
  if (importsGroups(configuration)) {
    if (deps.directory.groups === undefined)
      throw new TypeError('groups are configured, and the directory shows none');
    const groups = deps.directory.groups({
      attributes: attributesToImport(configuration, 'group'),
      ...bases,
    });
    for await (const page of groups)
      importPage(page.map((group) => ({ ...group, objectType: 'group' as const })));
  }
  const heldBefore = heldDeletions(store, forest);
  const sweep = finishFullImport(store, forest, { unreadable: report.unreadable });
  logHeldSweep(log, forest, sweep, heldBefore);
  return { ...report, sweep };
}

/** Logs the first few of one import: what is wrong with one is mostly wrong with all. */
export function unreadableLog(
  log: AgentLog,
  forest: ForestId,
): (unreadable: readonly UnreadableObject[]) => void {
  let logged = 0;
  return (unreadable) => {
    for (const { dn, reason } of unreadable.slice(0, UNREADABLE_LOGGED - logged))
      log.warn({ forest, dn, reason }, 'a person cannot be imported; nobody is deleted while that is so');
    logged = Math.min(UNREADABLE_LOGGED, logged + unreadable.length);
  };
}

/** A warning when it is news; while the same deletions stay held, the log is not filled with them. */
export function logHeldSweep(
  log: AgentLog,
  forest: ForestId,
  sweep: Sweep,
  heldBefore: HeldDeletions | undefined,
): void {
  if (sweep.kind !== 'held') return;
  const { missing, of, because } = sweep;
  log[heldBefore?.deletions === missing ? 'debug' : 'warn'](
    { forest, missing, of, because },
    'many people are missing in the directory; they are kept until the deletion is confirmed',
  );
}
