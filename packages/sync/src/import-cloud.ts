import {
  type Attributes,
  type CloudObject,
  type ForestId,
  type ObjectType,
  sameAttributes,
} from './connector-object.ts';
import { admitDeletions, useUpConfirmation } from './delete-protection.ts';
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
  /** there, and nowhere in the forests: deleted once that is confirmed, held until then */
  orphaned: number;
  /** there, and none of ours to touch */
  foreign: number;
};

const PAGE = 1000;

/** Where orphans are held: see `heldDeletions` and `confirmDeletions`. */
export const ORPHANS = 'orphans';

/**
 * Confirming import: brings the cloud's connector space to what the cloud really holds, so that the next export
 * mends what differs. Between `page`s, each of which is one transaction, nothing may be exported.
 *
 * @param completelyRead the forests of which everything was imported: only of these is known who is not there
 */
export function beginCloudImport(
  store: SyncStore,
  completelyRead: readonly ForestId[],
): { page: (shown: readonly ShownCloudObject[]) => void; finish: () => CloudImportCounts } {
  const counts = { confirmed: 0, differing: 0, lost: 0, orphaned: 0, foreign: 0 };
  const seen = new Set<number>();
  const orphans: ShownCloudObject[] = [];
  const isOrphan = ({ attributes }: ShownCloudObject) => {
    const [forest = ''] = attributes['forest'] ?? [];
    const [objectGuid] = attributes['objectGuid'] ?? [];
    if (objectGuid === undefined || !completelyRead.includes(forest)) return false;
    return store.directoryObjectByGuid(forest, objectGuid) === undefined;
  };
  return {
    page: (shown) =>
      store.transaction(() => {
        for (const object of shown) {
          const known =
            store.cloudObjectByCloudAnchor(object.cloudAnchor) ??
            store.cloudObjectBySourceAnchor(object.sourceAnchor);
          if (known === undefined) {
            if (isOrphan(object)) orphans.push(object);
            else counts.foreign++;
          } else if (known.sourceAnchor !== object.sourceAnchor || seen.has(known.id)) counts.foreign++;
          else {
            seen.add(known.id);
            counts[confirm(store, known, object)]++;
          }
        }
      }),
    finish() {
      counts.orphaned = orphans.length;
      for (const id of admitOrphans(store, orphans)) seen.add(id);
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
 * Orphans are left from before the store was lost, or they are another agent's, which may read what this one may not.
 * Only an administrator can tell.
 * @returns ids of those that are deleted by the next export
 */
function admitOrphans(store: SyncStore, orphans: readonly ShownCloudObject[]): number[] {
  const found = { deletions: orphans.length, of: store.countCloudObjects() + orphans.length };
  return store.transaction(() => {
    if (!admitDeletions(store, ORPHANS, found, { objects: 0, share: 0 })) return [];
    useUpConfirmation(store, ORPHANS);
    return orphans.map(({ objectType, sourceAnchor, cloudAnchor, attributes: confirmed }) => {
      const nothing = { link: undefined, desired: undefined, unanswered: undefined, error: undefined };
      return store.addCloudObject({ objectType, sourceAnchor, cloudAnchor, confirmed, ...nothing }).id;
    });
  });
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
