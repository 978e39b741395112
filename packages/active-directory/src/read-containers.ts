import { EqualityFilter, OrFilter } from 'ldapts';
import { parentDn } from './distinguished-name.ts';
import { type DirectoryEntry, guidOf } from './entry.ts';
import type { Session } from './session-pool.ts';

export type DirectoryContainer = { objectGuid: string; dn: string };

const DNS_A_SEARCH = 50;

export function containerOf(entry: DirectoryEntry): DirectoryContainer[] {
  const objectGuid = guidOf(entry, 'objectGUID');
  return objectGuid === undefined ? [] : [{ objectGuid, dn: entry.dn }];
}

/**
 * The containers that hold these objects, up to the domain's head. Changes of a container's name are told with the
 * container alone: what lies in it can follow only if the container was known under the name that the object showed.
 *
 * @param known lower-case DNs that need no look-up; what is found is added
 * @returns `isWhole` false where one has another name already, or may not be read
 */
export async function containersAbove(
  { connection, facts }: Session,
  objects: readonly { dn: string }[],
  known: Set<string>,
): Promise<{ containers: DirectoryContainer[]; isWhole: boolean }> {
  const wanted = new Map<string, string>();
  for (const { dn } of objects)
    for (let above = parentDn(dn); above !== undefined; above = parentDn(above)) {
      const key = above.toLowerCase();
      if (key === facts.baseDn.toLowerCase() || known.has(key) || wanted.has(key)) break;
      wanted.set(key, above);
    }
  const containers: DirectoryContainer[] = [];
  const dns = [...wanted.values()];
  for (let at = 0; at < dns.length; at += DNS_A_SEARCH) {
    const filters = dns
      .slice(at, at + DNS_A_SEARCH)
      .map((value) => new EqualityFilter({ attribute: 'distinguishedName', value }));
    const filter = new OrFilter({ filters });
    const found = await connection.search({ base: facts.baseDn, filter, attributes: ['objectGUID'] });
    containers.push(...found.flatMap(containerOf));
  }
  for (const { dn } of containers) known.add(dn.toLowerCase());
  return { containers, isWhole: containers.length === dns.length };
}
