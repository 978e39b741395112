import { openDirectory } from '@homeward/active-directory';
import { type ForestId, type HeldDeletions, heldDeletions } from '@homeward/sync';
import type { AgentLog } from '../log.ts';
import { confirmCloud } from './confirm-cloud.ts';
import type { ChangeReport } from './import-directory-changes.ts';
import { openSyncStore } from './open-sync-store.ts';
import { runChangeCycle } from './run-change-cycle.ts';
import type { CycleProgress } from './run-full-cycle.ts';
import type { CloudEndpoint } from './scim-client.ts';
import { configurationOf, type SyncOrder } from './sync-work.ts';
import type { SynchroniseReport } from './synchronise-and-export.ts';

/** What one cycle of one forest did. */
export type ForestRun = Omit<ChangeReport, 'sweep'> & {
  forest: ForestId;
  domain: string;
  exported: SynchroniseReport['exported'];
  held: { inForest: HeldDeletions | undefined; inCloud: HeldDeletions | undefined };
  waitingFor: readonly ForestId[];
  ms: number;
};

export type SyncRunner = {
  forests: readonly ForestId[];
  /**
   * One cycle: what changed, or everything where that is asked for or due. Cycles of one forest take turns.
   * @throws what the directory throws; as `sendBulk`; the signal's reason
   */
  run: (forest: ForestId, options?: { full?: boolean }) => Promise<ForestRun>;
  close: () => void;
};

/** Opens sync.db for writing, and the directories. @throws {SyncRunError} as `openSyncStore` */
export function openSyncRunner(deps: {
  order: SyncOrder;
  cloud: CloudEndpoint;
  log: AgentLog;
  clock: { now: () => number };
  onProgress?: (progress: CycleProgress) => void;
  signal?: AbortSignal;
}): SyncRunner {
  const { cloud, log, clock, onProgress, signal } = deps;
  const { work, passwords } = deps.order;
  const configuration = configurationOf(work);
  const store = openSyncStore(work.stateFolder);
  const directories = new Map(
    work.forests.map(({ sid, directory, account: userPrincipalName }) => {
      const password = passwords.get(sid);
      if (password === undefined) throw new TypeError(`no password for the account of ${sid}`);
      const settings = { ...directory, account: { userPrincipalName, password } };
      return [sid, openDirectory(settings, { clock, log })];
    }),
  );
  const told = new Set<ForestId>();
  const fullEveryMs = work.settings.fullEveryHours * 3_600_000;
  const isFullDue = (forest: ForestId) => {
    const last = Number(store.fact(lastFullFact(forest)) ?? Number.NaN);
    // A clock that was set back must not put the next one off.
    return !(Math.abs(clock.now() - last) < fullEveryMs);
  };
  const runOne = async (forest: ForestId, full: boolean): Promise<ForestRun> => {
    const directory = directories.get(forest);
    if (directory === undefined) throw new TypeError(`no forest ${forest}`);
    const began = clock.now();
    const cycle = {
      ...{ directory, store, cloud, configuration, forest, log, clock },
      full: full || isFullDue(forest),
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    };
    let report = await runChangeCycle(cycle);
    const { mode } = report.imported;
    if (mode === 'full' && report.waitingFor.length === 0) {
      const { exported } = await confirmCloud(cycle);
      report = { ...report, exported: sum(report.exported, exported) };
      store.setFact(lastFullFact(forest), String(began));
    }
    if (report.waitingFor.length === 0 && !told.has(forest)) {
      told.add(forest);
      const objects = store.countDirectoryObjects(forest);
      log.info({ forest, objects }, 'people are in step with the directory');
    }
    return {
      forest,
      domain: work.forests.find(({ sid }) => sid === forest)?.domain ?? forest,
      ...countsOf(report.imported),
      exported: report.exported,
      held: { inForest: heldDeletions(store, forest), inCloud: heldDeletions(store, 'cloud') },
      waitingFor: report.waitingFor,
      ms: clock.now() - began,
    };
  };
  const turns = new Map<ForestId, Promise<unknown>>();
  return {
    forests: [...directories.keys()],
    run(forest, { full = false } = {}) {
      const turn = (turns.get(forest) ?? Promise.resolve()).then(() => runOne(forest, full));
      turns.set(
        forest,
        turn.catch(() => {}),
      );
      return turn;
    },
    close() {
      for (const directory of directories.values()) directory.close();
      store.close();
    },
  };
}

/** Unix ms at which the last full cycle of a forest began; absent: it is due. */
export function lastFullFact(forest: ForestId): string {
  return `full/${forest}`;
}

function countsOf({ sweep: _, ...counts }: ChangeReport): Omit<ChangeReport, 'sweep'> {
  return counts;
}

type Exported = SynchroniseReport['exported'];

function sum(one: Exported, other: Exported): Exported {
  return {
    created: one.created + other.created,
    updated: one.updated + other.updated,
    deleted: one.deleted + other.deleted,
    refused: other.refused,
  };
}
