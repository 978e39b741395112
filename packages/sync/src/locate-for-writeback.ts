import type { DirectoryObject, ForestId } from './connector-object.ts';
import { ACCOUNT_ENABLED_RULE } from './shipped-rules.ts';
import type { LinkReader } from './sync-store.ts';

/**
 * The four things that a password needs to find its way, in the order in which they are looked for; the first
 * one that is missing is the answer. The sentences are for operators.
 */
export const WRITEBACK_LINKS = {
  cloudObject:
    "No object in the cloud's connector space has this cloudAnchor. The person is not synchronised by this agent, or not any more.",
  metaverseLink:
    "The object in the cloud's connector space is not linked to a metaverse object. The person left the directory or the scope of the rules, and their account in the cloud is about to be deleted.",
  directoryLink: 'The metaverse object is not linked to an object in any Active Directory connector space.',
  accountEnabledLink: `No link of the metaverse object to Active Directory was made by the rule "${ACCOUNT_ENABLED_RULE}". The account is disabled there, or outside the scope of that rule.`,
} as const;

export type WritebackLink = keyof typeof WRITEBACK_LINKS;

export type DirectoryPlace = { forest: ForestId; objectGuid: string; dn: string };

/**
 * Where a person's password is written.
 * - `missing`: the first of the four things that is not there; `places`: the linked objects that do not qualify
 * - `ambiguous`: two enabled accounts are linked, or the matching option finds several people in one forest
 */
export type WritebackLocation =
  | ({ kind: 'found' } & DirectoryPlace)
  | { kind: 'missing'; missing: WritebackLink; explanation: string; places: readonly DirectoryPlace[] }
  | {
      kind: 'ambiguous';
      because: 'twoEnabledAccounts' | 'ambiguousMatch';
      explanation: string;
      places: readonly DirectoryPlace[];
    };

/** Reads only, and a handful of rows; for one answer from one moment call it inside a read transaction. */
export function locateForWriteback(store: LinkReader, cloudAnchor: string): WritebackLocation {
  const cloudObject = store.cloudObjectByCloudAnchor(cloudAnchor);
  if (cloudObject === undefined) return missing('cloudObject');
  const link = cloudObject.link;
  const metaverseObject = link && store.metaverseObject(link.metaverseObject);
  if (metaverseObject === undefined) return missing('metaverseLink');
  const linked = store.directoryObjectsOf(metaverseObject.id);
  if (linked.length === 0) return missing('directoryLink');
  const enabled = linked.filter((object) => object.link?.rules.includes(ACCOUNT_ENABLED_RULE));
  const [only, second] = enabled;
  if (only === undefined) return missing('accountEnabledLink', linked.map(placeOf));
  if (metaverseObject.refusals.includes('ambiguousMatch'))
    return ambiguous(
      'ambiguousMatch',
      'The matching option finds several objects of one forest that would be this person.',
      enabled,
    );
  if (second !== undefined)
    return ambiguous(
      'twoEnabledAccounts',
      `Two or more links of the metaverse object were made by the rule "${ACCOUNT_ENABLED_RULE}": the person has several enabled accounts, and nothing says which one takes the password.`,
      enabled,
    );
  return { kind: 'found', ...placeOf(only) };
}

function placeOf({ forest, objectGuid, dn }: DirectoryObject): DirectoryPlace {
  return { forest, objectGuid, dn };
}

function missing(what: WritebackLink, places: DirectoryPlace[] = []): WritebackLocation {
  return { kind: 'missing', missing: what, explanation: WRITEBACK_LINKS[what], places };
}

function ambiguous(
  because: 'twoEnabledAccounts' | 'ambiguousMatch',
  explanation: string,
  objects: readonly DirectoryObject[],
): WritebackLocation {
  return { kind: 'ambiguous', because, explanation, places: objects.map(placeOf) };
}
