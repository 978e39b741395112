/** How objects of the connector spaces and the metaverse lie in the rows of sync.db. */
import type { SQLOutputValue } from 'node:sqlite';
import {
  type Attributes,
  type CloudObject,
  type DirectoryObject,
  type Link,
  type MetaverseObject,
  type ObjectType,
  pendingExportOf,
} from '@homeward/sync';

export type Row = Record<string, SQLOutputValue>;

export const DIRECTORY_ROWS = 'SELECT o.*, f.sid FROM directory_object o JOIN forest f ON f.id = o.forest';

/** What `get` of a statement gave, read; undefined for no row. */
export function rowOf<T>(row: Row | undefined, read: (row: Row) => T): T | undefined {
  return row === undefined ? undefined : read(row);
}

export function directoryObjectOf(row: Row): DirectoryObject {
  return {
    id: row['id'] as number,
    forest: row['sid'] as string,
    objectGuid: row['object_guid'] as string,
    objectType: row['object_type'] as ObjectType,
    dn: row['dn'] as string,
    attributes: JSON.parse(row['attributes'] as string) as Attributes,
    matchKey: optional(row['match_key']),
    obsolete: row['obsolete'] === 1,
    sourceAnchor: optional(row['source_anchor']),
    link: linkOf(row),
  };
}

export function metaverseObjectOf(row: Row): MetaverseObject {
  return {
    id: row['id'] as number,
    objectType: row['object_type'] as ObjectType,
    attributes: JSON.parse(row['attributes'] as string) as Attributes,
    sourceAnchor: row['source_anchor'] as string,
    anchorOwner: row['anchor_owner'] as number,
    provisioned: row['provisioned'] === 1,
    refusals: listOf(row['refusals'] as string) as MetaverseObject['refusals'],
  };
}

export function metaverseValues(object: Omit<MetaverseObject, 'id'>): (string | number)[] {
  return [
    object.objectType,
    JSON.stringify(object.attributes),
    object.sourceAnchor,
    object.anchorOwner,
    Number(object.provisioned),
    JSON.stringify(object.refusals),
  ];
}

export function cloudObjectOf(row: Row): CloudObject {
  const desired = parsed<Attributes>(row['desired']);
  const likeDesired = (value: SQLOutputValue | undefined) =>
    value === AS_DESIRED ? desired : parsed<Attributes>(value);
  return {
    id: row['id'] as number,
    objectType: row['object_type'] as ObjectType,
    sourceAnchor: row['source_anchor'] as string,
    cloudAnchor: optional(row['cloud_anchor']),
    link: linkOf(row),
    desired,
    confirmed: likeDesired(row['confirmed']),
    unanswered:
      row['unanswered'] === null
        ? undefined
        : { attributes: row['unanswered'] === DELETION ? undefined : likeDesired(row['unanswered']) },
    error: parsed<NonNullable<CloudObject['error']>>(row['error']),
  };
}

export function cloudValues(object: Omit<CloudObject, 'id'>): (string | number | null)[] {
  const desired = jsonOf(object.desired);
  const likeDesired = (attributes: Attributes | undefined) => {
    if (attributes !== undefined && attributes === object.desired) return AS_DESIRED;
    const json = jsonOf(attributes);
    return json !== null && json === desired ? AS_DESIRED : json;
  };
  return [
    object.objectType,
    object.sourceAnchor,
    object.cloudAnchor ?? null,
    object.link?.metaverseObject ?? null,
    jsonOf(object.link?.rules),
    desired,
    likeDesired(object.confirmed),
    object.unanswered === undefined ? null : (likeDesired(object.unanswered.attributes) ?? DELETION),
    jsonOf(object.error),
    pendingExportOf(object) ?? null,
  ];
}

export function jsonOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

const AS_DESIRED = '=';
const DELETION = '-';

function linkOf(row: Row): Link | undefined {
  if (row['metaverse_object'] === null) return undefined;
  return { metaverseObject: row['metaverse_object'] as number, rules: listOf(row['link_rules'] as string) };
}

/** There are only a few lists of rules and refusals: each is parsed once and shared. */
const lists = new Map<string, readonly string[]>();

function listOf(json: string): readonly string[] {
  const known = lists.get(json) ?? (JSON.parse(json) as string[]);
  if (lists.size < 1000) lists.set(json, known);
  return known;
}

function parsed<T>(value: SQLOutputValue | undefined): T | undefined {
  return typeof value === 'string' ? (JSON.parse(value) as T) : undefined;
}

function optional(value: SQLOutputValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
