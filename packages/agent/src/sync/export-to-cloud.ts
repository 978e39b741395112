import {
  type ExportKind,
  mayExportDeletions,
  type ObjectType,
  recordExport,
  type SyncStore,
  takePendingExports,
} from '@homeward/sync';
import type { AgentLog } from '../log.ts';
import { OPERATIONS_PER_REQUEST, type ScimDeps, sendBulk } from './scim-client.ts';

export type ExportDeps = ScimDeps & {
  store: SyncStore;
  log: AgentLog;
  onExported: (done: number) => void;
};

export type ExportCounts = { created: number; updated: number; deleted: number; refused: number };

/** Two commits a page: what is sent is noted before, what was answered after. */
const PAGE = 500;

/** Refusals are all kept in the store; the log of one run names so many, and as a warning only the first time. */
const REFUSALS_LOGGED = 10;

/**
 * Exports what is pending of one kind of objects until nothing is left that the cloud has not refused. Deletions
 * go first, for they set names free that others may want; then creations and updates; then once more, for what an
 * answer made pending (somebody whom the cloud had lost) and for names that an update has just set free.
 *
 * @throws as `sendBulk`; what was answered until then is recorded
 */
export async function exportToCloud(deps: ExportDeps, objectType: ObjectType): Promise<ExportCounts> {
  const { store } = deps;
  const counts = { created: 0, updated: 0, deleted: 0, refused: 0 };
  const mayDelete = mayExportDeletions(store);
  if (mayDelete) await exportKind(deps, objectType, 'delete', 'always', counts);
  await exportKind(deps, objectType, 'provision', 'always', counts);
  if (counts.refused > 0 && counts.created + counts.updated + counts.deleted > 0) {
    counts.refused = 0;
    await exportKind(deps, objectType, 'provision', 'always', counts);
  } else {
    await exportKind(deps, objectType, 'provision', 'never', counts);
  }
  if (mayDelete) await exportKind(deps, objectType, 'delete', 'never', counts);
  return counts;
}

async function exportKind(
  deps: ExportDeps,
  objectType: ObjectType,
  kind: ExportKind,
  retry: 'always' | 'never',
  counts: ExportCounts,
): Promise<void> {
  const { store, log } = deps;
  for (let after = 0; ; ) {
    const page = takePendingExports(store, kind, objectType, { after, limit: PAGE, retry });
    if (page.after === after) return;
    after = page.after;
    const answers: Awaited<ReturnType<typeof sendBulk>> = [];
    try {
      for (let at = 0; at < page.operations.length; at += OPERATIONS_PER_REQUEST)
        answers.push(...(await sendBulk(deps, page.operations.slice(at, at + OPERATIONS_PER_REQUEST))));
    } finally {
      recordExport(store, answers, deps.now());
    }
    tally(counts, answers, log);
    deps.onExported(counts.created + counts.updated + counts.deleted);
  }
}

function tally(counts: ExportCounts, answers: Awaited<ReturnType<typeof sendBulk>>, log: AgentLog): void {
  for (const { operation, answer } of answers) {
    if (answer.kind === 'accepted') counts[`${operation.kind}d`]++;
    else if (answer.kind === 'gone' && operation.kind === 'delete') counts.deleted++;
    if (answer.kind !== 'refused') continue;
    counts.refused++;
    if (counts.refused <= REFUSALS_LOGGED)
      log[operation.refusals === 0 ? 'warn' : 'debug'](
        {
          objectType: operation.objectType,
          sourceAnchor: operation.sourceAnchor,
          status: answer.status,
          detail: answer.detail,
        },
        'the cloud refused an object; the next cycle tries again',
      );
  }
}
