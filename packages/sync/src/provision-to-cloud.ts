import { flowOutbound } from './apply-rules.ts';
import type { SyncConfiguration } from './configuration.ts';
import { type CloudObject, type MetaverseObject, sameAttributes } from './connector-object.ts';
import { queueGroupsWith } from './queue-affected.ts';
import type { SyncStore } from './sync-store.ts';

/**
 * Brings the cloud's connector space to what the metaverse object asks for. Idempotent.
 *
 * Refused objects are never provisioned anew. One that has its cloud object already keeps it: as it is while the
 * match is ambiguous (its values are somebody's, it is not known whose), and up to date while another claims its
 * sourceAnchor (its own is final; the other one gets nothing).
 */
export function provisionToCloud(
  store: SyncStore,
  configuration: SyncConfiguration,
  object: MetaverseObject,
): void {
  const known = store.cloudObjectOf(object.id);
  if (object.refusals.includes('ambiguousMatch')) return;
  const flow = flowOutbound(configuration, object, () => cloudAnchorsOfMembers(store, object.id));
  if (flow === undefined) {
    if (known !== undefined) deprovision(store, known);
    return;
  }
  if (known === undefined && object.refusals.length > 0) return;

  const link = { metaverseObject: object.id, rules: flow.rules };
  const place = known ?? store.cloudObjectBySourceAnchor(object.sourceAnchor);
  if (place === undefined) {
    store.addCloudObject({
      objectType: object.objectType,
      sourceAnchor: object.sourceAnchor,
      cloudAnchor: undefined,
      link,
      desired: flow.attributes,
      confirmed: undefined,
      unanswered: undefined,
      error: undefined,
    });
  } else if (!isUpToDate(place, link.metaverseObject, link.rules, flow.attributes)) {
    store.saveCloudObject({ ...place, link, desired: flow.attributes });
    const isBack = place.desired === undefined || place.link === undefined;
    if (isBack && place.cloudAnchor !== undefined) queueGroupsWith(store, object.id);
  }
  // From its first cloud object on, a person's sourceAnchor is final.
  if (!object.provisioned) store.saveMetaverseObject({ ...object, provisioned: true });
}

function cloudAnchorsOfMembers(store: SyncStore, group: number): string[] {
  const anchors = store.directoryObjectsOf(group).flatMap(({ id }) => store.cloudAnchorsOfMembers(id));
  return [...new Set(anchors)].sort();
}

function deprovision(store: SyncStore, known: CloudObject): void {
  if (known.confirmed === undefined && known.unanswered === undefined) store.removeCloudObject(known.id);
  else if (known.desired !== undefined) {
    store.saveCloudObject({ ...known, desired: undefined });
    if (known.link !== undefined) queueGroupsWith(store, known.link.metaverseObject);
  }
}

function isUpToDate(
  place: CloudObject,
  metaverseObject: number,
  rules: readonly string[],
  desired: MetaverseObject['attributes'],
): boolean {
  return (
    place.link?.metaverseObject === metaverseObject &&
    place.link.rules.join('\n') === rules.join('\n') &&
    sameAttributes(place.desired, desired)
  );
}
