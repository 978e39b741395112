import type { Attributes, CloudObject, ObjectType } from './connector-object.ts';
import {
  admitDeletions,
  DEFAULT_THRESHOLD,
  type DeleteThreshold,
  exceeds,
  useUpConfirmation,
} from './delete-protection.ts';
import { SyncError } from './errors.ts';
import { queueGroupsWith } from './queue-affected.ts';
import type { ExportKind, SyncStore } from './sync-store.ts';

/** One operation for the cloud. Each may be sent again: creating is idempotent by sourceAnchor. */
export type ExportOperation = {
  cloudObject: number;
  objectType: ObjectType;
  sourceAnchor: string;
  /** how often the cloud refused the object since it last accepted it */
  refusals: number;
} & (
  | { kind: 'create'; attributes: Attributes }
  | { kind: 'update'; cloudAnchor: string; attributes: Attributes }
  | { kind: 'delete'; cloudAnchor: string }
);

/** How the cloud answered an operation. `gone`: it knows no object with this cloudAnchor. */
export type ExportAnswer =
  | { kind: 'accepted'; cloudAnchor: string }
  | { kind: 'gone' }
  | { kind: 'refused'; status: string; detail: string };

export type ExportPage = { operations: readonly ExportOperation[]; after: number };

/**
 * The next pending exports of a kind after the cloud object `after` (0 to begin), and a note in the store that
 * they are being sent: until `recordExport`, nobody knows whether they were carried out, not even after a crash.
 *
 * @param options.retry leave out (`never`) what the cloud refused before
 */
export function takePendingExports(
  store: SyncStore,
  kind: ExportKind,
  objectType: ObjectType,
  options: { after: number; limit: number; retry: 'always' | 'never' },
): ExportPage {
  return store.transaction(() => {
    const page = store.pendingExports(kind, objectType, options.after, options.limit);
    const due = page.filter((object) => options.retry === 'always' || object.error === undefined);
    const operations = due.map(operationFor);
    for (const [index, object] of due.entries()) {
      const operation = operations[index];
      const attributes = operation?.kind === 'delete' ? undefined : operation?.attributes;
      store.saveCloudObject({ ...object, unanswered: { attributes } });
    }
    return { operations, after: page.at(-1)?.id ?? options.after };
  });
}

/**
 * Records how the operations were answered; what is missing among the answers stays pending. One refused
 * operation does not touch the others: it is kept as an error on its object, and tried again in the next run.
 */
export function recordExport(
  store: SyncStore,
  answers: readonly { operation: ExportOperation; answer: ExportAnswer }[],
  now: number,
): void {
  store.transaction(() => {
    for (const { operation, answer } of answers) {
      const object = store.cloudObject(operation.cloudObject);
      if (object !== undefined) recordOne(store, object, operation, answer, now);
    }
  });
}

/** Whether the pending deletions may be sent; otherwise they are held (see delete-protection.ts). */
export function mayExportDeletions(
  store: SyncStore,
  threshold: DeleteThreshold = DEFAULT_THRESHOLD,
): boolean {
  const deletions = store.countPendingExports('delete');
  const enough = store.countCloudObjects(Math.ceil(deletions / threshold.share) + 1);
  const of = exceeds(threshold, { deletions, of: enough }) ? store.countCloudObjects() : enough;
  return store.transaction(() => admitDeletions(store, 'cloud', { deletions, of }, threshold));
}

/** After the last deletion was sent. */
export function deletionsExported(store: SyncStore): void {
  store.transaction(() => useUpConfirmation(store, 'cloud'));
}

function operationFor(object: CloudObject): ExportOperation {
  const { id: cloudObject, objectType, sourceAnchor, cloudAnchor, desired, unanswered, error } = object;
  const named = { cloudObject, objectType, sourceAnchor, refusals: error?.attempts ?? 0 };
  if (desired !== undefined)
    return cloudAnchor === undefined
      ? { kind: 'create', ...named, attributes: desired }
      : { kind: 'update', ...named, cloudAnchor, attributes: desired };
  if (cloudAnchor !== undefined) return { kind: 'delete', ...named, cloudAnchor };
  // Created perhaps, but the answer with its cloudAnchor was lost: asking again for the same gives it.
  if (unanswered?.attributes === undefined)
    throw new SyncError(
      'ERR_SYNC_STORE_INCONSISTENT',
      `Cloud object ${cloudObject} is pending for no reason.`,
    );
  return { kind: 'create', ...named, attributes: unanswered.attributes };
}

function recordOne(
  store: SyncStore,
  object: CloudObject,
  operation: ExportOperation,
  answer: ExportAnswer,
  now: number,
): void {
  if (answer.kind === 'refused') {
    const mayBeThere = answer.status.startsWith('5');
    if (operation.kind === 'create' && object.desired === undefined && !mayBeThere)
      store.removeCloudObject(object.id);
    else refuse(store, mayBeThere ? object : { ...object, unanswered: undefined }, answer, now);
  } else if (answer.kind === 'gone' || operation.kind === 'delete') {
    if (object.desired === undefined) store.removeCloudObject(object.id);
    else {
      const lost = { cloudAnchor: undefined, confirmed: undefined, unanswered: undefined, error: undefined };
      store.saveCloudObject({ ...object, ...lost });
      if (object.link !== undefined) queueGroupsWith(store, object.link.metaverseObject);
    }
  } else {
    const { cloudAnchor } = answer;
    const holder = store.cloudObjectByCloudAnchor(cloudAnchor);
    if (holder !== undefined && holder.id !== object.id) {
      const detail = `The cloud answered with the cloudAnchor of another object (${holder.sourceAnchor}).`;
      refuse(store, object, { status: '409', detail }, now);
      return;
    }
    const confirmed = operation.attributes;
    if (cloudAnchor !== object.cloudAnchor && object.link !== undefined)
      queueGroupsWith(store, object.link.metaverseObject);
    store.saveCloudObject({ ...object, cloudAnchor, confirmed, unanswered: undefined, error: undefined });
  }
}

function refuse(
  store: SyncStore,
  object: CloudObject,
  { status, detail }: { status: string; detail: string },
  now: number,
): void {
  const error = { status, detail, at: now, attempts: (object.error?.attempts ?? 0) + 1 };
  store.saveCloudObject({ ...object, error });
}
