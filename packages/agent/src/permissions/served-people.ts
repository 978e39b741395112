import { type Directory, parentDn, sameDn } from '@homeward/active-directory';

/** Enabled people by the container that they are in: who would want to reset a password. */
export type ServedPeople = { dn: string; people: number }[];

const ATTRIBUTES = ['userAccountControl', 'objectSid', 'adminCount', 'primaryGroupID'];
const DISABLED = 0x2;
/** Administrator, Guest, krbtgt and whatever else a domain is born with ([MS-SAMR] 2.2.1.14). */
const FIRST_OWN_RID = 1000;

/**
 * Without the disabled, the protected (in a protected group, or adminCount), the built-in accounts and the agent's own.
 * @param searchBases DNs; the whole domain where absent
 * @throws {DirectoryError} as `Directory.people`
 */
export async function countServedPeople(
  directory: Pick<Directory, 'people' | 'protectedMembers'>,
  query: { searchBases: readonly string[] | undefined; ownSid: string; onCounted: (people: number) => void },
): Promise<ServedPeople> {
  const { objectGuids, primaryGroupIds } = await directory.protectedMembers();
  const counts = new Map<string, { dn: string; guids: Set<string> }>();
  let counted = 0;
  const pages = directory.people({
    attributes: ATTRIBUTES,
    ...(query.searchBases && { searchBases: query.searchBases }),
  });
  for await (const page of pages) {
    for (const { dn, objectGuid, attributes } of page) {
      const first = (name: string) => attributes[name]?.[0];
      const sid = first('objectSid') ?? '';
      const rid = Number(sid.slice(sid.lastIndexOf('-') + 1));
      const isDisabled = (Number(first('userAccountControl') ?? 0) & DISABLED) !== 0;
      const isProtected =
        first('adminCount') === '1' ||
        objectGuids.has(objectGuid) ||
        primaryGroupIds.has(Number(first('primaryGroupID')));
      if (isDisabled || isProtected || rid < FIRST_OWN_RID || sid === query.ownSid) continue;
      const parent = parentDn(dn) ?? '';
      const key = parent.toLowerCase();
      const place = counts.get(key) ?? { dn: parent, guids: new Set() };
      // A person below two search bases comes twice.
      counts.set(key, { ...place, guids: place.guids.add(objectGuid) });
    }
    counted += page.length;
    query.onCounted(counted);
  }
  return [...counts.values()].map(({ dn, guids }) => ({ dn, people: guids.size }));
}

export function peopleIn(served: ServedPeople, dn: string): number {
  return served.filter((place) => sameDn(place.dn, dn)).reduce((sum, { people }) => sum + people, 0);
}
