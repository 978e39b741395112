import type { Controllers } from './controllers.ts';
import { type DirectoryEntry, guidOf } from './entry.ts';
import { DirectoryError } from './errors.ts';
import { guidFromBytes } from './guid.ts';
import type { Session } from './session-pool.ts';
import { sidFromBytes } from './sid.ts';

/**
 * A person as a connector space takes one: values are text. GUIDs and SIDs are in their usual form; other bytes
 * are base64. `attributes` has the names that were asked for, only those with a value.
 */
export type DirectoryPerson = { objectGuid: string; dn: string; attributes: Record<string, string[]> };

export type PeopleQuery = {
  /** DNs; the whole domain where absent. A person below two of them comes once for each */
  searchBases?: readonly string[];
  attributes: readonly string[];
  pageSize?: number;
};

/** SAM_NORMAL_USER_ACCOUNT: leaves out computers, trusts and contacts ([MS-SAMR] 2.2.1.9). */
const PEOPLE_FILTER = '(&(objectCategory=person)(sAMAccountType=805306368))';

export const PAGE_SIZE = 500;

/** Octet-string attributes of people; everything else is text. */
const OCTETS: Readonly<Record<string, (bytes: Buffer) => string>> = {
  objectguid: guidFromBytes,
  objectsid: sidFromBytes,
  sidhistory: sidFromBytes,
  tokengroups: sidFromBytes,
  'ms-ds-consistencyguid': (bytes) => (bytes.length === 16 ? guidFromBytes(bytes) : bytes.toString('base64')),
  msexchmasteraccountsid: sidFromBytes,
  thumbnailphoto: base64,
  jpegphoto: base64,
  usercertificate: base64,
  userparameters: base64,
};

/**
 * All people, page by page (RFC 2696, the cookie belongs to one connection, held until the end).
 * @throws {ConnectionFailure} {@link LdapRefusal}; a run that broke off has to be started again
 */
export async function* readPeople(
  controllers: Controllers,
  query: PeopleQuery,
): AsyncGenerator<DirectoryPerson[]> {
  const session = await controllers.openReader();
  try {
    for (const base of query.searchBases ?? [session.facts.baseDn]) yield* peopleBelow(session, base, query);
  } finally {
    session.connection.close();
  }
}

export async function* peopleBelow(
  session: Session,
  base: string,
  query: PeopleQuery,
): AsyncGenerator<DirectoryPerson[]> {
  const attributes = [...new Set(['objectGUID', ...query.attributes])];
  const pages = session.connection.pages(
    { base, filter: PEOPLE_FILTER, attributes },
    query.pageSize ?? PAGE_SIZE,
  );
  for await (const page of pages) yield page.flatMap((entry) => personOf(entry, query.attributes) ?? []);
}

/** undefined where the account may not read who it is */
export function personOf(entry: DirectoryEntry, names: readonly string[]): DirectoryPerson | undefined {
  const objectGuid = guidOf(entry, 'objectGUID');
  if (objectGuid === undefined) return undefined;
  const attributes: Record<string, string[]> = {};
  for (const name of names) {
    const values = entry.values.get(name.toLowerCase());
    const decode = OCTETS[name.toLowerCase()];
    if (values)
      attributes[name] = values.map((value) => (decode ? decoded(value, decode) : value.toString('utf8')));
  }
  return { objectGuid, dn: entry.dn, attributes };
}

/** One broken value of one person is no reason to read nobody. */
function decoded(bytes: Buffer, decode: (bytes: Buffer) => string): string {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof DirectoryError) return base64(bytes);
    throw error;
  }
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64');
}
