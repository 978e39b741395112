import { AndFilter, EqualityFilter, OrFilter } from 'ldapts';
import type { Controllers } from './controllers.ts';
import { protectedGroupSids } from './protected-groups.ts';
import { filterOfGuids, GUIDS_A_SEARCH, withMembers } from './read-groups.ts';
import { personOf } from './read-people.ts';
import type { Session } from './session-pool.ts';
import { relativeId, sidToBytes } from './sid.ts';

const ATTRIBUTES = ['objectGUID', 'objectSid'];
const IS_GROUP = new EqualityFilter({ attribute: 'objectClass', value: 'group' });

/** Who belongs to groups that AdminSDHolder protects, through other groups too. */
export type ProtectedMembers = {
  /** objectGUIDs of people, groups and whatever else is in them */
  objectGuids: ReadonlySet<string>;
  /** of these groups, as `primaryGroupID` of an account names one: it is in no list of members */
  primaryGroupIds: ReadonlySet<number>;
};

/**
 * By the groups themselves: `adminCount` comes an hour after the membership on Windows, and never on Samba.
 * @throws {ConnectionFailure} {@link LdapRefusal}
 */
export function readProtectedMembers(controllers: Controllers): Promise<ProtectedMembers> {
  return controllers.withReader(async (session) => {
    const { connection, facts } = session;
    const objectGuids = new Set<string>();
    const primaryGroupIds = new Set<number>();
    let level = await groupsBySid(session, protectedGroupSids(facts.domainSid));
    while (level.length > 0) {
      const found: string[] = [];
      for (let at = 0; at < level.length; at += GUIDS_A_SEARCH) {
        const part = level.slice(at, at + GUIDS_A_SEARCH);
        for (const { attributes } of part)
          primaryGroupIds.add(relativeId(attributes['objectSid']?.[0] ?? ''));
        for (const group of await withMembers({ connection, base: facts.baseDn }, part))
          found.push(...group.members.filter((guid) => !objectGuids.has(guid)));
      }
      for (const guid of found) objectGuids.add(guid);
      level = await groupsAmong(session, [...new Set(found)]);
    }
    return { objectGuids, primaryGroupIds };
  });
}

async function groupsBySid({ connection, facts }: Session, sids: readonly string[]) {
  const filters = sids.map(
    (sid) => new EqualityFilter({ attribute: 'objectSid', value: Buffer.from(sidToBytes(sid)) }),
  );
  const filter = new OrFilter({ filters });
  const found = await connection.search({ base: facts.baseDn, filter, attributes: ATTRIBUTES });
  return found.flatMap((entry) => personOf(entry, ATTRIBUTES) ?? []);
}

/** People are most of what groups hold: a search for each hundred, which answers with the groups only. */
async function groupsAmong({ connection, facts }: Session, guids: readonly string[]) {
  const groups = [];
  for (let at = 0; at < guids.length; at += GUIDS_A_SEARCH) {
    const filter = new AndFilter({
      filters: [IS_GROUP, filterOfGuids(guids.slice(at, at + GUIDS_A_SEARCH))],
    });
    groups.push(...(await connection.search({ base: facts.baseDn, filter, attributes: ATTRIBUTES })));
  }
  return groups.flatMap((entry) => personOf(entry, ATTRIBUTES) ?? []);
}
