import {
  attributesToImport,
  beginFullImport,
  cookieFor,
  type ForestId,
  finishFullImport,
  heldDeletions,
  importChanges,
  importsGroups,
  type Sweep,
  type SyncConfiguration,
  type SyncStore,
  saveCookie,
} from '@homeward/sync';
import type { AgentLog } from '../log.ts';
import { type Group, logHeldSweep, type Person, unreadableLog } from './import-people.ts';

export type ChangePage = {
  /** invocationId of the controller that is read, a GUID in text, and the naming context */
  controller: string;
  namingContext: string;
  /** whether this reading began without a cookie, and so shows everything there is */
  isFull: boolean;
  /** whole, as they are now */
  people: readonly Person[];
  groups?: readonly Group[];
  /** objectGUIDs; a source that sees no deletions leaves them to the full cycle */
  deleted: readonly string[];
  /** those that changed, and those that hold the objects of this page: see `Changes` of the engine */
  containers: readonly { objectGuid: string; dn: string }[];
  /** base64: where the next page or the next reading goes on */
  cookie: string;
};

/** What changed in a forest, read through DirSync ([MS-ADTS] 3.1.1.3.4.1.3), page by page. */
export type ChangeSource = {
  changes: (query: {
    attributes: readonly string[];
    /** of groups; absent: people only */
    groupAttributes?: readonly string[];
    /** asked once it is known which controller answers; undefined, or a cookie that it refuses: everything */
    cookieFor: (where: { controller: string; namingContext: string }) => string | undefined;
  }) => AsyncIterable<ChangePage>;
};

export type ChangeReport = {
  mode: 'full' | 'delta';
  seen: number;
  added: number;
  changed: number;
  deleted: number;
  moved: number;
  unreadable: number;
  /** of a full reading */
  sweep: Sweep | undefined;
};

/**
 * Imports what changed since the last cookie of the controller that answers, or everything where there is none.
 * A page of changes and its cookie are one transaction; the cookie of a full reading is kept only when all of it
 * was taken in.
 *
 * @throws what the source throws
 */
export async function importDirectoryChanges(deps: {
  directory: ChangeSource;
  store: SyncStore;
  configuration: SyncConfiguration;
  forest: ForestId;
  /** read everything, whatever cookies there are */
  full: boolean;
  log: AgentLog;
  onImported: (seen: number) => void;
}): Promise<ChangeReport> {
  const { store, configuration, forest, log } = deps;
  const attributes = attributesToImport(configuration);
  const groupAttributes = importsGroups(configuration)
    ? attributesToImport(configuration, 'group')
    : undefined;
  const covers = [attributes, ...(groupAttributes ? [groupAttributes] : [])].join(' ');
  const logUnreadable = unreadableLog(log, forest);
  const report = { seen: 0, added: 0, changed: 0, deleted: 0, moved: 0, unreadable: 0 };
  let last: ChangePage | undefined;
  const pages = deps.directory.changes({
    attributes,
    ...(groupAttributes && { groupAttributes }),
    cookieFor: (where) => (deps.full ? undefined : cookieFor(store, forest, { ...where, covers })),
  });
  for await (const page of pages) {
    if (last === undefined && page.isFull) beginFullImport(store, forest);
    const counts = importChanges(store, configuration, forest, {
      objects: [
        ...page.people.map((person) => ({ ...person, objectType: 'user' as const })),
        ...(page.groups ?? []).map((group) => ({ ...group, objectType: 'group' as const })),
      ],
      deleted: page.deleted,
      containers: page.containers,
      ...(!page.isFull && { cookie: cookieOf(page, covers) }),
    });
    logUnreadable(counts.unreadable);
    report.seen += page.people.length + (page.groups?.length ?? 0);
    report.added += counts.added;
    report.changed += counts.changed;
    report.deleted += counts.deleted;
    report.moved += counts.moved;
    report.unreadable += counts.unreadable.length;
    last = page;
    deps.onImported(report.seen);
  }
  if (!last?.isFull) return { ...report, mode: 'delta', sweep: undefined };
  const heldBefore = heldDeletions(store, forest);
  const sweep = finishFullImport(store, forest, { unreadable: report.unreadable });
  logHeldSweep(log, forest, sweep, heldBefore);
  const cookie = cookieOf(last, covers);
  store.transaction(() => saveCookie(store, forest, cookie));
  if (sweep.kind === 'swept') report.deleted += sweep.deleted;
  return { ...report, mode: 'full', sweep };
}

function cookieOf({ controller, namingContext, cookie }: ChangePage, covers: string) {
  return { controller, namingContext, covers, value: cookie };
}
