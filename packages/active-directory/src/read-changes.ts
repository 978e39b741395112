import type { Controllers } from './controllers.ts';
import { type DirectoryEntry, guidOf, textOf, textsOf } from './entry.ts';
import { DirectoryError } from './errors.ts';
import { guidFromBytes } from './guid.ts';
import { containerOf, containersAbove, type DirectoryContainer } from './read-containers.ts';
import {
  type DirectoryGroup,
  filterOfGuids,
  GUIDS_A_SEARCH,
  groupsBelow,
  withMembers,
} from './read-groups.ts';
import { type DirectoryPerson, PAGE_SIZE, peopleBelow, personOf } from './read-people.ts';
import type { Session } from './session-pool.ts';
import { bookmarkNow, type ChangedIds, changesSince, isRefusedForGood } from './track-changes.ts';

export type ChangesQuery = {
  attributes: readonly string[];
  /** of groups; absent: people only */
  groupAttributes?: readonly string[];
  /** the cookie of an earlier reading of this naming context at this controller; undefined: read everything */
  cookieFor: (where: { controller: string; namingContext: string }) => string | undefined;
};

/** A page of objects as they are now, whole. */
export type DirectoryChanges = {
  /** invocationId of the controller: a GUID in text */
  controller: string;
  namingContext: string;
  /** this reading shows everything there is, not only what changed */
  isFull: boolean;
  people: DirectoryPerson[];
  groups: DirectoryGroup[];
  /** objectGUIDs; only where the account may see deleted objects, else a full reading tells by what is missing */
  deleted: string[];
  /** those that changed, and those that hold the objects of this page */
  containers: DirectoryContainer[];
  /** where to go on: of a full reading good after its last page, else after this page */
  cookie: string;
};

const CONTAINERS_FILTER =
  '(|(objectClass=organizationalUnit)(objectClass=container)(objectClass=builtinDomain))';

/** SAM_NORMAL_USER_ACCOUNT, as the filter for people has it ([MS-SAMR] 2.2.1.9). */
const NORMAL_ACCOUNT = '805306368';

/**
 * What changed in the domain since the cookie that the controller gave, or everything: where there is none, or the
 * controller does not take it any more. DirSync ([MS-ADTS] 3.1.1.3.4.1.3) says who changed, and each of those is
 * then read whole, so that what is told here never depends on what somebody knew before.
 *
 * @throws {ConnectionFailure} {@link LdapRefusal}
 */
export async function* readChanges(
  controllers: Controllers,
  query: ChangesQuery,
): AsyncGenerator<DirectoryChanges> {
  const session = await controllers.openReader();
  try {
    const { invocationId, baseDn, host } = session.facts;
    if (invocationId === undefined)
      throw new DirectoryError('ERR_DIRECTORY_DATA', `${host} does not show its invocationId.`);
    const where = { controller: guidFromBytes(Buffer.from(invocationId, 'hex')), namingContext: baseDn };
    const cookie = query.cookieFor(where);
    let refused = cookie === undefined;
    if (cookie !== undefined) {
      const pages = changesSince(session, cookie, trackedAttributes(query));
      // The cookie is refused with the first page, or not at all.
      const first = await pages.next().catch((error: unknown) => {
        if (!isRefusedForGood(error)) throw error;
        refused = true;
      });
      if (first?.done === false) yield { ...where, ...(await wholePage(session, query, first.value)) };
      if (!refused)
        for await (const page of pages) yield { ...where, ...(await wholePage(session, query, page)) };
    }
    if (refused) for await (const page of everything(session, query)) yield { ...where, ...page };
  } finally {
    session.connection.close();
  }
}

type Page = Omit<DirectoryChanges, 'controller' | 'namingContext'>;

function trackedAttributes({ attributes, groupAttributes }: ChangesQuery): string[] {
  return [...attributes, ...(groupAttributes === undefined ? [] : [...groupAttributes, 'member'])];
}

/** Whoever was reported deleted and is there again was restored since. */
async function wholePage(session: Session, query: ChangesQuery, ids: ChangedIds): Promise<Page> {
  const page: Page = {
    isFull: false,
    people: [],
    groups: [],
    deleted: [],
    containers: [],
    cookie: ids.bookmark,
  };
  const all = [...new Set([...ids.changed, ...ids.deleted])];
  const alive = new Set<string>();
  for (let at = 0; at < all.length; at += GUIDS_A_SEARCH) {
    const found = await readInPlace(session, query, all.slice(at, at + GUIDS_A_SEARCH));
    page.people.push(...found.people);
    page.groups.push(...found.groups);
    page.containers.push(...found.containers);
    for (const guid of found.alive) alive.add(guid);
  }
  page.deleted = ids.deleted.filter((guid) => !alive.has(guid));
  return page;
}

const ATTEMPTS = 3;

/** The objects with the containers that hold them, once more where a container was renamed in between. */
async function readInPlace(session: Session, query: ChangesQuery, guids: readonly string[]) {
  for (let attempt = 1; ; attempt++) {
    const found = await readObjects(session, query, guids);
    const objects = [...found.people, ...found.groups, ...found.containers];
    const above = await containersAbove(session, objects, new Set());
    if (above.isWhole || attempt === ATTEMPTS)
      return { ...found, containers: [...found.containers, ...above.containers] };
  }
}

async function readObjects({ connection, facts }: Session, query: ChangesQuery, guids: readonly string[]) {
  const groupAttributes = query.groupAttributes ?? [];
  const entries = await connection.search({
    base: facts.baseDn,
    filter: filterOfGuids(guids),
    attributes: [
      ...new Set(['objectGUID', 'objectClass', 'sAMAccountType', ...query.attributes, ...groupAttributes]),
    ],
  });
  const of = (kind: ReturnType<typeof kindOf>) => entries.filter((entry) => kindOf(entry) === kind);
  const groups = of('group').flatMap((entry) => personOf(entry, groupAttributes) ?? []);
  return {
    people: of('person').flatMap((entry) => personOf(entry, query.attributes) ?? []),
    groups:
      query.groupAttributes === undefined
        ? []
        : await withMembers({ connection, base: facts.baseDn }, groups),
    containers: of('container').flatMap(containerOf),
    alive: entries.flatMap((entry) => guidOf(entry, 'objectGUID') ?? []),
  };
}

function kindOf(entry: DirectoryEntry): 'person' | 'group' | 'container' | undefined {
  const classes = textsOf(entry, 'objectClass').map((name) => name.toLowerCase());
  if (classes.includes('group')) return 'group';
  if (textOf(entry, 'sAMAccountType') === NORMAL_ACCOUNT) return 'person';
  return classes.some((name) => CONTAINER_CLASSES.includes(name)) ? 'container' : undefined;
}

const CONTAINER_CLASSES = ['organizationalunit', 'container', 'builtindomain'];

/** Containers first: what lies in them then moves by itself, and is only compared. */
async function* everything(session: Session, query: ChangesQuery): AsyncGenerator<Page> {
  const { connection, facts } = session;
  const cookie = await bookmarkNow(session);
  const empty = { isFull: true, people: [], groups: [], deleted: [], containers: [], cookie };
  const containers = connection.pages(
    { base: facts.baseDn, filter: CONTAINERS_FILTER, attributes: ['objectGUID'] },
    PAGE_SIZE,
  );
  const known = new Set<string>();
  for await (const page of containers) {
    const found = page.flatMap(containerOf);
    for (const { dn } of found) known.add(dn.toLowerCase());
    yield { ...empty, containers: found };
  }
  const above = async (objects: readonly { dn: string }[]) =>
    (await containersAbove(session, objects, known)).containers;
  for await (const people of peopleBelow(session, facts.baseDn, query))
    yield { ...empty, people, containers: await above(people) };
  const { groupAttributes } = query;
  if (groupAttributes === undefined) return;
  for await (const groups of groupsBelow(session, facts.baseDn, { attributes: groupAttributes }))
    yield { ...empty, groups, containers: await above(groups) };
}
