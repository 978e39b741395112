import type { RuleName } from './rule.ts';

/** Values of one object, by attribute name. */
export type Attributes = Readonly<Record<string, readonly string[]>>;

export type ObjectType = 'user' | 'group';

/** Name of a forest's connector space: the objectSid of its root domain (`S-1-5-21-…`), proven at import. */
export type ForestId = string;

/** A link between a connector space object and a metaverse object, and the rules that made it. */
export type Link = { metaverseObject: number; rules: readonly RuleName[] };

/** What an import hands over: one object as the forest shows it. Binary values are base64. */
export type ImportedObject = {
  objectType: ObjectType;
  /** objectGUID as text: lower-case UUID in the directory's own notation ([MS-DTYP] 2.3.4.3) */
  objectGuid: string;
  dn: string;
  attributes: Attributes;
  /** of a group: objectGUIDs of its direct members in the same forest, people and groups, in any order */
  members?: readonly string[];
};

/** The match key of objects that no matching option compares with others: each is a person by itself. */
export const STANDS_ALONE = '*';

/** An object in a forest's connector space, as last imported. */
export type DirectoryObject = Omit<ImportedObject, 'members'> & {
  /** the store's own number, never given twice */
  id: number;
  forest: ForestId;
  /**
   * Objects with the same key are one person. `STANDS_ALONE`: a person with nobody; undefined: outside the scope
   * of every rule that provisions, or obsolete.
   */
  matchKey: string | undefined;
  /** gone from the forest; leaves the connector space at the next synchronisation */
  obsolete: boolean;
  /** the one it gave to a metaverse object that is no more: it gives the same again, never another */
  sourceAnchor: string | undefined;
  link: Link | undefined;
};

/**
 * Why a metaverse object is not provisioned:
 * - `ambiguousMatch`: the matching option finds two objects of one forest that would be the same person
 * - `duplicateSourceAnchor`: another metaverse object claims the same sourceAnchor
 */
export type Refusal = 'ambiguousMatch' | 'duplicateSourceAnchor';

/** One person or group, whatever number of forests knows it. */
export type MetaverseObject = {
  id: number;
  objectType: ObjectType;
  attributes: Attributes;
  /** base64 of 16 bytes; final once `provisioned` */
  sourceAnchor: string;
  /** the directory object (id) that gave the sourceAnchor */
  anchorOwner: number;
  /** has, or once had, an object in the cloud's connector space */
  provisioned: boolean;
  refusals: readonly Refusal[];
};

/** Why the cloud refused an object, kept until it is accepted. `at` is Unix ms. */
export type ExportError = { status: string; detail: string; at: number; attempts: number };

/**
 * An object in the cloud's connector space. `desired` is what the rules want there (undefined: nothing),
 * `confirmed` what the cloud is known to hold (undefined: nothing). An export is pending while they differ, or
 * while one is `unanswered` (it was sent, and whether it was carried out is not known), or refused.
 */
export type CloudObject = {
  id: number;
  objectType: ObjectType;
  /** externalId in SCIM */
  sourceAnchor: string;
  /** id in SCIM, made by the cloud: a lower-case UUID */
  cloudAnchor: string | undefined;
  link: Link | undefined;
  desired: Attributes | undefined;
  confirmed: Attributes | undefined;
  /** what was sent; `attributes` undefined: a deletion */
  unanswered: { attributes: Attributes | undefined } | undefined;
  error: ExportError | undefined;
};

/** Whether both hold the same values in the same order; attributes may stand in any order. */
export function sameAttributes(a: Attributes | undefined, b: Attributes | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => sameValues(a[name], b[name]));
}

function sameValues(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  return a.every((value, index) => value === b[index]);
}
