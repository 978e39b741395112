import type { SyncConfiguration } from './configuration.ts';
import { type Attributes, type CloudObject, type ObjectType, sameAttributes } from './connector-object.ts';
import { queueGroupsWith } from './queue-affected.ts';
import type { SyncStore } from './sync-store.ts';

/** An object as the cloud shows it. */
export type ShownCloudObject = {
  objectType: ObjectType;
  cloudAnchor: string;
  sourceAnchor: string;
  attributes: Attributes;
};

export type CloudImportCounts = {
  /** held there as it was exported */
  confirmed: number;
  /** held there otherwise: exported again */
  differing: number;
  /** exported once, and not there any more: exported again */
  lost: number;
  /** there, and nowhere in the forests: to be deleted, under the delete protection */
  orphaned: number;
  /** there, and none of ours to touch */
  foreign: number;
};

const PAGE = 1000;

/**
 * Confirming import: brings the cloud's connector space to what the cloud really holds, so that the next export
 * mends what differs. Between `page`s, each of which is one transaction, nothing may be exported.
 */
export function beginCloudImport(
  store: SyncStore,
  configuration: SyncConfiguration,
): { page: (shown: readonly ShownCloudObject[]) => void; finish: () => CloudImportCounts } {
  const counts = { confirmed: 0, differing: 0, lost: 0, orphaned: 0, foreign: 0 };
  const seen = new Set<number>();
  return {
    page: (shown) =>
      store.transaction(() => {
        for (const object of shown) {
          const known =
            store.cloudObjectByCloudAnchor(object.cloudAnchor) ??
            store.cloudObjectBySourceAnchor(object.sourceAnchor);
          if (known === undefined) counts[takeUnknown(store, configuration, object, seen)]++;
          else if (known.sourceAnchor !== object.sourceAnchor || seen.has(known.id)) counts.foreign++;
          else {
            seen.add(known.id);
            counts[confirm(store, known, object)]++;
          }
        }
      }),
    finish() {
      for (let after = 0; ; ) {
        const page = store.cloudObjectsAfter(after, PAGE);
        const last = page.at(-1);
        if (last === undefined) return counts;
        after = last.id;
        const missing = page.filter((object) => object.cloudAnchor !== undefined && !seen.has(object.id));
        store.transaction(() => {
          for (const object of missing) lose(store, object);
        });
        counts.lost += missing.length;
      }
    },
  };
}

function confirm(
  store: SyncStore,
  known: CloudObject,
  { cloudAnchor, attributes }: ShownCloudObject,
): 'confirmed' | 'differing' {
  const isAsWanted = sameAttributes(known.desired, attributes);
  const isKnown = cloudAnchor === known.cloudAnchor && sameAttributes(known.confirmed, attributes);
  if (isKnown && known.unanswered === undefined) return isAsWanted ? 'confirmed' : 'differing';
  const confirmed = isAsWanted ? known.desired : attributes;
  store.saveCloudObject({ ...known, cloudAnchor, confirmed, unanswered: undefined });
  if (cloudAnchor !== known.cloudAnchor && known.link !== undefined)
    queueGroupsWith(store, known.link.metaverseObject);
  return isAsWanted ? 'confirmed' : 'differing';
}

/**
 * Left from before the store was lost, if its account is in none of the forests any more. Everything else may be
 * another agent's, which reads other containers than this one.
 */
function takeUnknown(
  store: SyncStore,
  { forests }: SyncConfiguration,
  { objectType, sourceAnchor, cloudAnchor, attributes }: ShownCloudObject,
  seen: Set<number>,
): 'orphaned' | 'foreign' {
  const [forest] = attributes['forest'] ?? [];
  const [objectGuid] = attributes['objectGuid'] ?? [];
  if (forest === undefined || objectGuid === undefined) return 'foreign';
  if (!forests.some(({ id }) => id === forest)) return 'foreign';
  if (store.directoryObjectByGuid(forest, objectGuid) !== undefined) return 'foreign';
  const added = store.addCloudObject({
    ...{ objectType, sourceAnchor, cloudAnchor, confirmed: attributes },
    ...{ link: undefined, desired: undefined, unanswered: undefined, error: undefined },
  });
  seen.add(added.id);
  return 'orphaned';
}

function lose(store: SyncStore, object: CloudObject): void {
  if (object.desired === undefined) {
    store.removeCloudObject(object.id);
    return;
  }
  const nothing = { cloudAnchor: undefined, confirmed: undefined, unanswered: undefined };
  store.saveCloudObject({ ...object, ...nothing });
  if (object.link !== undefined) queueGroupsWith(store, object.link.metaverseObject);
}
