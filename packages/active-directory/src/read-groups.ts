import { type BerWriter, Control, EqualityFilter, type Filter, OrFilter } from 'ldapts';
import type { Controllers } from './controllers.ts';
import { type DirectoryEntry, guidOf } from './entry.ts';
import { guidDn, guidToBytes } from './guid.ts';
import type { LdapConnection } from './ldap-connection.ts';
import { type DirectoryPerson, PAGE_SIZE, type PeopleQuery, personOf } from './read-people.ts';
import type { Session } from './session-pool.ts';

/** A group with the objectGUIDs of its direct members: people, groups, and whatever else is in it. */
export type DirectoryGroup = DirectoryPerson & { members: string[] };

export type GroupsQuery = PeopleQuery & {
  /** members of one group that are asked for at once; a controller may give fewer (MaxValRange) */
  memberPageSize?: number;
};

export const GROUPS_FILTER = '(objectCategory=group)';

/** MaxValRange of Windows ([MS-ADTS] 3.1.1.3.4.6). */
const MEMBER_PAGE_SIZE = 1500;

/**
 * All groups, page by page, with all their members, also those beyond one answer.
 * @throws {ConnectionFailure} {@link LdapRefusal}; a run that broke off has to be started again
 */
export async function* readGroups(
  controllers: Controllers,
  query: GroupsQuery,
): AsyncGenerator<DirectoryGroup[]> {
  const session = await controllers.openReader();
  try {
    for (const base of query.searchBases ?? [session.facts.baseDn]) yield* groupsBelow(session, base, query);
  } finally {
    session.connection.close();
  }
}

export async function* groupsBelow(
  { connection, facts }: Session,
  base: string,
  query: GroupsQuery,
): AsyncGenerator<DirectoryGroup[]> {
  const attributes = [...new Set(['objectGUID', ...query.attributes])];
  const pages = connection.pages(
    { base, filter: GROUPS_FILTER, attributes },
    // Each page is followed by a search that names its groups one by one.
    Math.min(query.pageSize ?? PAGE_SIZE, GUIDS_A_SEARCH),
  );
  for await (const page of pages) {
    const groups = page.flatMap((entry) => personOf(entry, query.attributes) ?? []);
    yield withMembers({ connection, base: facts.baseDn }, groups, query.memberPageSize);
  }
}

/** How many objects a search names by GUID; each is a look-up in an index. */
export const GUIDS_A_SEARCH = 100;

/** A filter that finds these objects, wherever they are. */
export function filterOfGuids(objectGuids: readonly string[]): Filter {
  const filters = objectGuids.map(
    (guid) => new EqualityFilter({ attribute: 'objectGUID', value: guidToBytes(guid) }),
  );
  return new OrFilter({ filters });
}

/** The groups with their members. At most `GUIDS_A_SEARCH` of them. */
export async function withMembers(
  place: { connection: LdapConnection; base: string },
  groups: readonly DirectoryPerson[],
  memberPageSize = MEMBER_PAGE_SIZE,
): Promise<DirectoryGroup[]> {
  if (groups.length === 0) return [];
  const { connection, base } = place;
  const found = await connection.search({
    base,
    filter: filterOfGuids(groups.map(({ objectGuid }) => objectGuid)),
    attributes: ['objectGUID', rangeFrom(0, memberPageSize)],
    controls: [new ExtendedDnControl()],
  });
  const members = new Map<string, string[]>();
  for (const entry of found) {
    const guid = guidOf(entry, 'objectGUID');
    if (guid !== undefined) members.set(guid, await allMembers(connection, guid, entry, memberPageSize));
  }
  // Deleted or hidden since: the next reading of changes says so. Nobody loses a membership by it meanwhile.
  return groups.flatMap((group) => {
    const known = members.get(group.objectGuid);
    return known === undefined ? [] : [{ ...group, members: known }];
  });
}

/** Range retrieval ([MS-ADTS] 3.1.1.3.1.3.3): `member;range=0-1499`, and `*` as the end of the last part. */
async function allMembers(
  connection: LdapConnection,
  objectGuid: string,
  first: DirectoryEntry,
  size: number,
): Promise<string[]> {
  const members: string[] = [];
  for (let entry: DirectoryEntry | undefined = first; entry !== undefined; ) {
    const part = memberPart(entry);
    if (part === undefined) return members;
    for (const value of part.values) {
      const guid = guidOfExtendedDn(value.toString('utf8'));
      if (guid !== undefined) members.push(guid);
    }
    if (part.end === undefined) return members;
    entry = await connection.read(
      guidDn(objectGuid),
      [rangeFrom(part.end + 1, size)],
      [new ExtendedDnControl()],
    );
  }
  return members;
}

function memberPart(
  entry: DirectoryEntry,
): { values: readonly Buffer[]; end: number | undefined } | undefined {
  for (const [name, values] of entry.values) {
    const range = /^member;range=\d+-(\d+|\*)$/.exec(name)?.[1];
    if (range !== undefined && values.length > 0)
      return { values, end: range === '*' ? undefined : Number(range) };
  }
  const values = entry.values.get('member');
  return values && { values, end: undefined };
}

function rangeFrom(start: number, size: number): string {
  return `member;range=${start}-${start + size - 1}`;
}

function guidOfExtendedDn(dn: string): string | undefined {
  return /^<GUID=([0-9a-f-]{36})>/i.exec(dn)?.[1]?.toLowerCase();
}

/** LDAP_SERVER_EXTENDED_DN ([MS-ADTS] 3.1.1.3.4.1.5), flag 1: `<GUID=…>;<SID=…>;CN=…`, the GUID as text. */
class ExtendedDnControl extends Control {
  constructor() {
    super('1.2.840.113556.1.4.529', { critical: true });
  }

  protected override writeControl(writer: BerWriter): void {
    writer.writeBuffer(Buffer.from([0x30, 0x03, 0x02, 0x01, 0x01]), 0x04);
  }
}
