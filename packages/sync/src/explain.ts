/**
 * Explains one person or group: every object in every space, which rule made which link, where each value came
 * from and what it overruled, what the cloud holds, and where a password would be written or why not.
 */
import { contributions, flowOutbound, linkRulesOf } from './apply-rules.ts';
import { inboundRules, isInContainers, type SyncConfiguration } from './configuration.ts';
import type {
  CloudObject,
  DirectoryObject,
  ForestId,
  MetaverseObject,
  ObjectType,
  Refusal,
} from './connector-object.ts';
import { failingConditions } from './evaluate-rule.ts';
import { inPrecedence } from './link-people.ts';
import { locateForWriteback, type WritebackLocation } from './locate-for-writeback.ts';
import type { Condition, RuleName } from './rule.ts';
import { type ExportKind, pendingExportOf, type SyncStore } from './sync-store.ts';

export type Place = { forest: ForestId; dn: string };

export type RuleExplanation = {
  rule: RuleName;
  link: 'provision' | 'join' | 'none';
  /** the conditions that do not hold; none: the rule applies */
  failing: readonly Condition[];
};

export type DirectoryExplanation = Place & {
  objectGuid: string;
  objectType: ObjectType;
  /** false: left out by the container filters */
  isInContainers: boolean;
  /** what makes it the same person as others; undefined: nothing does, or no rule brings it in */
  matchKey: string | undefined;
  rules: readonly RuleExplanation[];
  /** the rules that made its link; undefined: it is linked to nothing */
  linkedBy: readonly RuleName[] | undefined;
  /** imported and not synchronised yet: the rest of the explanation is from before */
  isQueued: boolean;
};

export type ValueExplanation = {
  attribute: string;
  values: readonly string[];
  rule: RuleName;
  from: Place;
  overruled: readonly { values: readonly string[]; rule: RuleName; from: Place }[];
};

export type CloudExplanation = {
  cloudAnchor: string | undefined;
  sourceAnchor: string;
  linkedBy: readonly RuleName[] | undefined;
  pending: ExportKind | undefined;
  error: CloudObject['error'];
  attributes: readonly {
    attribute: string;
    desired: readonly string[] | undefined;
    confirmed: readonly string[] | undefined;
    rule: RuleName | undefined;
  }[];
};

export type Explanation = {
  directoryObjects: readonly DirectoryExplanation[];
  metaverse:
    | {
        id: number;
        sourceAnchor: string;
        /** the object that gave the sourceAnchor; undefined: it is gone */
        anchorFrom: Place | undefined;
        /** the anchor can no longer change */
        isAnchorFinal: boolean;
        refusals: readonly Refusal[];
        values: readonly ValueExplanation[];
      }
    | undefined;
  cloud: CloudExplanation | undefined;
  writeback: WritebackLocation | { kind: 'never exported' };
};

/** Objects in a forest's connector space that an administrator may mean: by any attribute's value, DN or GUID. */
export function findSubjects(store: SyncStore, text: string): DirectoryObject[] {
  const cloudObject = store.cloudObjectByCloudAnchor(text.toLowerCase());
  if (cloudObject?.link !== undefined) return store.directoryObjectsOf(cloudObject.link.metaverseObject);
  return store.findDirectoryObjects(text.trim());
}

/** @param subject a directory object; the objects linked to the same metaverse object are explained with it */
export function explain(
  store: SyncStore,
  configuration: SyncConfiguration,
  subject: DirectoryObject,
): Explanation {
  const object = subject.link && store.metaverseObject(subject.link.metaverseObject);
  const members = object ? inPrecedence(configuration, store.directoryObjectsOf(object.id)) : [subject];
  const cloudObject = object && store.cloudObjectOf(object.id);
  return {
    directoryObjects: members.map((member) => explainDirectoryObject(store, configuration, member)),
    metaverse: object && explainMetaverse(store, configuration, object, members),
    cloud: object && cloudObject && explainCloud(configuration, object, cloudObject),
    writeback:
      cloudObject?.cloudAnchor === undefined
        ? { kind: 'never exported' }
        : locateForWriteback(store, cloudObject.cloudAnchor),
  };
}

function explainDirectoryObject(
  store: SyncStore,
  configuration: SyncConfiguration,
  object: DirectoryObject,
): DirectoryExplanation {
  const { forest, dn, objectGuid, objectType, matchKey, link, attributes } = object;
  const configured = configuration.forests.find(({ id }) => id === forest);
  const isIn = configured !== undefined && isInContainers(configured, dn);
  const linkedNow = isIn ? linkRulesOf(configuration, object) : [];
  return {
    forest,
    dn,
    objectGuid,
    objectType,
    isInContainers: isIn,
    matchKey: matchKey === '*' ? undefined : matchKey,
    rules: inboundRules(configuration, object).map((rule) => ({
      rule: rule.name,
      link: rule.link,
      failing: failingConditions(rule.scope, attributes),
    })),
    linkedBy: link?.rules,
    isQueued: store.isQueued(object.id) || (link?.rules ?? []).join() !== linkedNow.join(),
  };
}

function explainMetaverse(
  store: SyncStore,
  configuration: SyncConfiguration,
  object: MetaverseObject,
  members: readonly DirectoryObject[],
): NonNullable<Explanation['metaverse']> {
  const owner = store.directoryObject(object.anchorOwner);
  const values = new Map<string, ValueExplanation>();
  const known = members.filter(({ forest }) => configuration.forests.some(({ id }) => id === forest));
  for (const { to, values: given, rule, member } of contributions(configuration, known)) {
    if (given.length === 0 || to === 'sourceAnchor') continue;
    const contribution = { values: given, rule, from: placeOf(member) };
    const winner = values.get(to);
    values.set(
      to,
      winner === undefined
        ? { attribute: to, ...contribution, overruled: [] }
        : { ...winner, overruled: [...winner.overruled, contribution] },
    );
  }
  return {
    id: object.id,
    sourceAnchor: object.sourceAnchor,
    anchorFrom: owner && placeOf(owner),
    isAnchorFinal: object.provisioned,
    refusals: object.refusals,
    values: [...values.values()].sort((a, b) => (a.attribute < b.attribute ? -1 : 1)),
  };
}

function explainCloud(
  configuration: SyncConfiguration,
  object: MetaverseObject,
  cloudObject: CloudObject,
): CloudExplanation {
  const { cloudAnchor, sourceAnchor, link, error, desired, confirmed } = cloudObject;
  const members = () => desired?.['members'] ?? [];
  const origins = flowOutbound(configuration, object, members)?.origins ?? {};
  const names = [...new Set([...Object.keys(desired ?? {}), ...Object.keys(confirmed ?? {})])].sort();
  return {
    cloudAnchor,
    sourceAnchor,
    linkedBy: link?.rules,
    pending: pendingExportOf(cloudObject),
    error,
    attributes: names.map((attribute) => ({
      attribute,
      desired: desired?.[attribute],
      confirmed: confirmed?.[attribute],
      rule: origins[attribute],
    })),
  };
}

function placeOf({ forest, dn }: DirectoryObject): Place {
  return { forest, dn };
}
