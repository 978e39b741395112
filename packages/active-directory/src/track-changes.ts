import { DIRSYNC_FLAGS, DirSyncControl } from './dirsync-control.ts';
import { type DirectoryEntry, guidOf, textOf } from './entry.ts';
import { DirectoryError, LdapRefusal } from './errors.ts';
import { showDeleted } from './read-descriptor.ts';
import type { Session } from './session-pool.ts';

/** Who changed, by objectGUID, and the bookmark to go on from. Of deleted objects nothing else is of use. */
export type ChangedIds = { changed: string[]; deleted: string[]; bookmark: string };

/**
 * How changes are told apart from what was known. `dirsync0`: DirSync with the right Replicating Directory Changes;
 * `dirsync1`: DirSync with the object-security flag; `usn`: by uSNChanged, which needs no right and no control, on
 * one controller's own count.
 */
const WAYS = ['dirsync0', 'dirsync1', 'usn'] as const;
type Way = (typeof WAYS)[number];

/** People, groups, and what they can lie in; deleted objects keep their class, and lose their category. */
const TRACKED_FILTER =
  '(|(objectClass=user)(objectClass=group)(objectClass=organizationalUnit)(objectClass=container)(objectClass=builtinDomain))';
const NOTHING_FILTER = '(!(objectClass=*))';

const PROTOCOL_ERROR = 2;

/** LDAP results that say something of the moment and nothing of the request (RFC 4511 section 4.1.9). */
const FOR_NOW: readonly number[] = [3 /* timeLimitExceeded */, 51 /* busy */, 52 /* unavailable */];

/**
 * Where changes from now on can be told from: for a full reading, which begins right after. What changes while that
 * goes on comes again with the first changes.
 */
export async function bookmarkNow(session: Session): Promise<string> {
  for (const way of ['dirsync0', 'dirsync1'] as const)
    try {
      let bookmark = `${way}:`;
      for await (const page of changesByDirSync(session, way, '', { filter: NOTHING_FILTER, attributes: [] }))
        bookmark = page.bookmark;
      return bookmark;
    } catch (error) {
      if (!isRefusedForGood(error)) throw error;
    }
  return `usn:${await highestUsn(session)}`;
}

/**
 * What changed since the bookmark, page by page; at least one page. Of an attribute that is not named, changes do
 * not count, except for the name and place of the object.
 *
 * @throws {LdapRefusal} also where the controller does not take the bookmark (any more)
 */
export async function* changesSince(
  session: Session,
  bookmark: string,
  attributes: readonly string[],
): AsyncGenerator<ChangedIds> {
  const at = bookmark.indexOf(':');
  const value = bookmark.slice(at + 1);
  const way: Way | undefined = WAYS.find((one) => one === bookmark.slice(0, at));
  // A bookmark of another version of this program is as good as one that the controller refuses.
  if (way === undefined) throw new LdapRefusal(PROTOCOL_ERROR, 'not a bookmark of this program');
  if (way === 'usn') yield* changesByUsn(session, value);
  else yield* changesByDirSync(session, way, value, { filter: TRACKED_FILTER, attributes });
}

/** Whether the controller declines the bookmark, or the way of reading, and not just for now. */
export function isRefusedForGood(error: unknown): boolean {
  return error instanceof LdapRefusal && !FOR_NOW.includes(error.result);
}

/** Without `name`, renames and moves are not reported. */
async function* changesByDirSync(
  { connection, facts }: Session,
  way: Exclude<Way, 'usn'>,
  value: string,
  { filter, attributes }: { filter: string; attributes: readonly string[] },
): AsyncGenerator<ChangedIds> {
  const flags = DIRSYNC_FLAGS.incrementalValues | (way === 'dirsync1' ? DIRSYNC_FLAGS.objectSecurity : 0);
  const names = [...new Set(['objectGUID', 'name', 'isDeleted', ...attributes])];
  let cookie: Buffer = Buffer.from(value, 'base64');
  for (let more = true; more; ) {
    const control = new DirSyncControl(flags, cookie);
    const entries = await connection.search({
      base: facts.baseDn,
      filter,
      attributes: names,
      controls: [control],
    });
    if (control.next === undefined)
      throw new DirectoryError('ERR_DIRECTORY_DATA', `${facts.host} answered DirSync without a cookie.`);
    cookie = control.next;
    more = control.more;
    yield { ...sorted(entries), bookmark: `${way}:${cookie.toString('base64')}` };
  }
}

/** Deleted objects are seen by whoever may list `CN=Deleted Objects`. */
async function* changesByUsn(session: Session, value: string): AsyncGenerator<ChangedIds> {
  const since = /^\d{1,20}$/.test(value) ? BigInt(value) : 0n;
  const now = await highestUsn(session);
  if (now < since) throw new LdapRefusal(PROTOCOL_ERROR, 'this database is older than the bookmark');
  const { connection, facts } = session;
  const pages = connection.pages(
    {
      base: facts.baseDn,
      filter: `(&(uSNChanged>=${since + 1n})${TRACKED_FILTER})`,
      attributes: ['objectGUID', 'isDeleted'],
      controls: [showDeleted()],
    },
    500,
  );
  // Only the last page may move the bookmark: pages do not come in the order of changes.
  for await (const page of pages) yield { ...sorted(page), bookmark: `usn:${since}` };
  yield { changed: [], deleted: [], bookmark: `usn:${now}` };
}

async function highestUsn({ connection }: Session): Promise<bigint> {
  const root = await connection.read('', ['highestCommittedUSN']);
  return BigInt((root && textOf(root, 'highestCommittedUSN')) ?? 0);
}

function sorted(entries: readonly DirectoryEntry[]): { changed: string[]; deleted: string[] } {
  const ids = { changed: [] as string[], deleted: [] as string[] };
  for (const entry of entries) {
    const guid = guidOf(entry, 'objectGUID');
    if (guid !== undefined) ids[textOf(entry, 'isDeleted') === 'TRUE' ? 'deleted' : 'changed'].push(guid);
  }
  return ids;
}
