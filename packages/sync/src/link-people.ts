/**
 * Join and project: which directory objects are one person, and which metaverse object that person is.
 *
 * Who belongs together depends only on the objects' match keys, never on the order in which they came. Which
 * metaverse object they get depends on the past in one respect, and has to: a metaverse object goes with its
 * anchorOwner, the object that gave it its sourceAnchor, for as long as that one is there.
 */
import { flowInbound, linkRulesOf } from './apply-rules.ts';
import type { SyncConfiguration } from './configuration.ts';
import {
  type DirectoryObject,
  type MetaverseObject,
  type Refusal,
  STANDS_ALONE,
  sameAttributes,
} from './connector-object.ts';
import { SyncError } from './errors.ts';
import { queueGroupsOf } from './queue-affected.ts';
import { ACCOUNT_ENABLED_RULE } from './shipped-rules.ts';
import type { SyncStore } from './sync-store.ts';

export type LinkingDeps = {
  store: SyncStore;
  configuration: SyncConfiguration;
  /** told of each metaverse object that was made, changed or retired, with the sourceAnchors it has and had */
  touched: (metaverseObject: number, sourceAnchors: readonly string[]) => void;
};

/**
 * Links the people that this directory object is one of, as the rules say. Idempotent.
 * @returns the ids of all objects that were looked at
 */
export function linkPeopleLike(deps: LinkingDeps, directoryObject: number): readonly number[] {
  const { store, configuration } = deps;
  const one = store.directoryObject(directoryObject);
  if (one?.matchKey === undefined) return [];
  const alike = one.matchKey === STANDS_ALONE ? [one] : store.directoryObjectsByMatchKey(one.matchKey);
  const members = inPrecedence(configuration, alike);
  const isAmbiguous = new Set(members.map((member) => member.forest)).size < members.length;
  const people = isAmbiguous ? members.map((member) => [member]) : [members];
  for (const person of people) linkPerson(deps, person, isAmbiguous ? ['ambiguousMatch'] : []);
  return members.map((member) => member.id);
}

/** Takes an object that no rule holds any more out of the metaverse, and an obsolete one out of the store. */
export function unlinkLeaver(deps: LinkingDeps, leaver: DirectoryObject): void {
  const { store } = deps;
  store.setLink(leaver.id, undefined);
  if (leaver.link !== undefined && isInCloud(store, leaver.link.metaverseObject))
    queueGroupsOf(store, leaver);
  if (leaver.obsolete) store.removeDirectoryObject(leaver.id);
  if (leaver.link !== undefined) retireIfUnlinked(deps, leaver.link.metaverseObject);
}

/** The forests' order, then the objects' identity: the same whatever came first. */
export function inPrecedence(
  configuration: SyncConfiguration,
  objects: readonly DirectoryObject[],
): DirectoryObject[] {
  const rank = (object: DirectoryObject) =>
    configuration.forests.findIndex((forest) => forest.id === object.forest);
  return [...objects].sort((a, b) => rank(a) - rank(b) || (a.objectGuid < b.objectGuid ? -1 : 1));
}

function linkPerson(
  deps: LinkingDeps,
  person: readonly DirectoryObject[],
  ambiguity: readonly Refusal[],
): void {
  const { store, configuration } = deps;
  const links = person.map((member) => ({ member, rules: linkRulesOf(configuration, member) }));
  const enabled = links.find(({ rules }) => rules.includes(ACCOUNT_ENABLED_RULE))?.member;
  const donor = enabled ?? person[0];
  if (donor === undefined) return;
  const { attributes, anchorOf } = valuesOf(configuration, person);

  const known = choose(deps, person);
  const isHeir = known?.provisioned === true && person.every((member) => member.id !== known.anchorOwner);
  const owner = known?.provisioned && !isHeir ? known.anchorOwner : donor.id;
  const sourceAnchor = known?.provisioned ? known.sourceAnchor : (donor.sourceAnchor ?? anchorOf(donor));
  const refusals = [
    ...ambiguity,
    ...(known?.refusals.filter((one) => one === 'duplicateSourceAnchor') ?? []),
  ];
  const wanted = { objectType: donor.objectType, attributes, sourceAnchor, anchorOwner: owner, refusals };
  const object: MetaverseObject =
    known === undefined
      ? store.addMetaverseObject({ ...wanted, provisioned: false })
      : { ...known, ...wanted };
  if (known !== undefined && !isSame(known, object)) store.saveMetaverseObject(object);

  for (const { member, rules } of links) {
    const before = member.link;
    if (before?.metaverseObject === object.id && before.rules.join('\n') === rules.join('\n')) continue;
    store.setLink(member.id, { metaverseObject: object.id, rules });
    if (before?.metaverseObject === object.id) continue;
    if ([before?.metaverseObject, object.id].some((id) => id !== undefined && isInCloud(store, id)))
      queueGroupsOf(store, member);
    if (before !== undefined) retireIfUnlinked(deps, before.metaverseObject);
  }
  deps.touched(object.id, known === undefined ? [sourceAnchor] : [sourceAnchor, known.sourceAnchor]);
}

/** The metaverse object that this person keeps: a provisioned one first, then by the members' precedence. */
function choose(deps: LinkingDeps, person: readonly DirectoryObject[]): MetaverseObject | undefined {
  const ids = new Set(person.flatMap((member) => member.link?.metaverseObject ?? []));
  const owned = [...ids]
    .map((id) => ({ object: metaverseObject(deps.store, id), rank: claimOn(deps, id, person) }))
    .filter(({ rank }) => rank !== undefined);
  owned.sort(
    (a, b) => Number(b.object.provisioned) - Number(a.object.provisioned) || (a.rank ?? 0) - (b.rank ?? 0),
  );
  return owned[0]?.object;
}

/** How strong the person's claim is: the place of the owner among the members; undefined if it is another's. */
function claimOn(deps: LinkingDeps, id: number, person: readonly DirectoryObject[]): number | undefined {
  const { anchorOwner } = metaverseObject(deps.store, id);
  const place = person.findIndex((member) => member.id === anchorOwner);
  if (place >= 0) return place;
  const owner = deps.store.directoryObject(anchorOwner);
  if (owner?.matchKey !== undefined) return undefined;
  const heir = inPrecedence(deps.configuration, deps.store.directoryObjectsOf(id)).find(
    (object) => object.matchKey !== undefined,
  );
  return person.some((member) => member.id === heir?.id) ? person.length : undefined;
}

function valuesOf(configuration: SyncConfiguration, person: readonly DirectoryObject[]) {
  const { sourceAnchor: _, ...attributes } = flowInbound(configuration, person);
  const anchorOf = (donor: DirectoryObject): string => {
    const anchor = flowInbound(configuration, [donor])['sourceAnchor']?.[0];
    if (anchor === undefined)
      throw new SyncError('ERR_SYNC_CONFIGURATION', `No rule gives a sourceAnchor to ${donor.dn}.`);
    return anchor;
  };
  return { attributes, anchorOf };
}

function isInCloud(store: SyncStore, metaverseObject: number): boolean {
  return store.cloudObjectOf(metaverseObject)?.cloudAnchor !== undefined;
}

function retireIfUnlinked(deps: LinkingDeps, id: number): void {
  const { store } = deps;
  if (store.directoryObjectsOf(id).length > 0) return;
  const { sourceAnchor, anchorOwner, provisioned } = metaverseObject(store, id);
  const owner = provisioned ? store.directoryObject(anchorOwner) : undefined;
  if (owner !== undefined) store.saveDirectoryObject({ ...owner, sourceAnchor });
  const cloudObject = store.cloudObjectOf(id);
  if (cloudObject !== undefined) {
    const { confirmed, unanswered } = cloudObject;
    if (confirmed === undefined && unanswered === undefined) store.removeCloudObject(cloudObject.id);
    else store.saveCloudObject({ ...cloudObject, link: undefined, desired: undefined });
  }
  store.removeMetaverseObject(id);
  deps.touched(id, [sourceAnchor]);
}

function metaverseObject(store: SyncStore, id: number): MetaverseObject {
  const object = store.metaverseObject(id);
  if (object === undefined)
    throw new SyncError(
      'ERR_SYNC_STORE_INCONSISTENT',
      `A link leads to metaverse object ${id}, which is not there.`,
    );
  return object;
}

function isSame(a: MetaverseObject, b: MetaverseObject): boolean {
  return (
    a.sourceAnchor === b.sourceAnchor &&
    a.anchorOwner === b.anchorOwner &&
    a.objectType === b.objectType &&
    a.refusals.join() === b.refusals.join() &&
    sameAttributes(a.attributes, b.attributes)
  );
}
