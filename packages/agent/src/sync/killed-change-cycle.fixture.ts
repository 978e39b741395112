/** For killed-change-cycle.test.ts: one change cycle in a process of its own, which may be killed. */
import type { ChangePage, ChangeSource } from './import-directory-changes.ts';
import type { Person } from './import-people.ts';
import { openSyncStore } from './open-sync-store.ts';
import { runChangeCycle } from './run-change-cycle.ts';
import { syncConfigurationOf } from './sync-configuration.ts';

export const FOREST = { sid: 'S-1-5-21-1-2-3', domain: 'corp.example.com', netbiosName: 'CORP' };
const PEOPLE = 400;
const DEPARTMENTS = 5;
export const CHANGES_A_ROUND = 150;
const A_PAGE = 25;

type Entry = { person: number } | { department: number };

/** The log of all that ever happens: what the number of an entry says. */
function entryAt(at: number): Entry {
  return at % 29 === 0 ? { department: (at / 29) % DEPARTMENTS } : { person: (at * 37) % PEOPLE };
}

/** That changed, or holds whom the entry is about. */
function departmentOf(entry: Entry): number[] {
  return ['person' in entry ? entry.person % DEPARTMENTS : entry.department];
}

export const guidOf = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** How everything is after so many entries: the version of each person and department is the last entry on it. */
export function forestAfter(entries: number) {
  const persons = new Map<number, number>();
  const departments = new Map<number, number>(Array.from({ length: DEPARTMENTS }, (_, n) => [n, 0]));
  for (let at = 1; at <= entries; at++) {
    const entry = entryAt(at);
    if ('person' in entry) persons.set(entry.person, at);
    else departments.set(entry.department, at);
  }
  const departmentDn = (n: number) => `OU=Department ${n} v${departments.get(n)},DC=corp,DC=example,DC=com`;
  const isGone = (n: number) => (persons.get(n) ?? 0) % 13 === 0;
  const person = (n: number): Person => ({
    objectGuid: guidOf(n),
    dn: `CN=person${n},${departmentDn(n % DEPARTMENTS)}`,
    attributes: {
      sAMAccountName: [`person${n}`],
      displayName: [`Version ${persons.get(n)}`],
      userAccountControl: [(persons.get(n) ?? 0) % 11 === 0 ? '514' : '512'],
    },
  });
  const container = (n: number) => ({ objectGuid: guidOf(1_000_000 + n), dn: departmentDn(n) });
  const people = [...persons.keys()].filter((n) => !isGone(n)).map(person);
  const containers = [...departments.keys()].map(container);
  return { people, containers, person, container, isGone };
}

function directoryAfter(entries: number, onPage: () => void): ChangeSource {
  const now = forestAfter(entries);
  return {
    async *changes({ cookieFor }) {
      const where = { controller: guidOf(0xc0), namingContext: 'DC=corp,DC=example,DC=com' };
      const cookie = cookieFor(where);
      const empty = { ...where, people: [], deleted: [], containers: [] };
      if (cookie === undefined) {
        const page = { ...empty, isFull: true, cookie: String(entries) };
        yield { ...page, containers: now.containers };
        for (let at = 0; at < now.people.length; at += A_PAGE)
          yield { ...page, people: now.people.slice(at, at + A_PAGE) };
        return;
      }
      for (let from = Number(cookie); from <= entries; from += A_PAGE) {
        onPage();
        const to = Math.min(from + A_PAGE, entries);
        const changed = Array.from({ length: to - from }, (_, n) => entryAt(from + 1 + n));
        const persons = [...new Set(changed.flatMap((entry) => ('person' in entry ? [entry.person] : [])))];
        yield {
          ...empty,
          isFull: false,
          people: persons.filter((n) => !now.isGone(n)).map(now.person),
          deleted: persons.filter(now.isGone).map(guidOf),
          containers: [...new Set(changed.flatMap(departmentOf))].map(now.container),
          cookie: String(to),
        } satisfies ChangePage;
      }
    },
  };
}

/** @param onPage called before each page of changes is read */
export async function changeCycleOf(
  round: number,
  stateFolder: string,
  cloudUrl: string,
  onPage = () => {},
): Promise<void> {
  const store = openSyncStore(stateFolder);
  try {
    await runChangeCycle({
      directory: directoryAfter((round + 1) * CHANGES_A_ROUND, onPage),
      store,
      cloud: {
        url: cloudUrl,
        authorize: async () => ({ authorization: 'DPoP token' }),
        fetch: globalThis.fetch,
      },
      configuration: syncConfigurationOf([FOREST]),
      forest: FOREST.sid,
      full: false,
      log: { debug() {}, info() {}, warn() {}, error() {} },
      clock: { now: Date.now },
    });
  } finally {
    store.close();
  }
}

const [, script, round, folder, url] = process.argv;
if (script === import.meta.filename && round && folder && url) {
  const say = () => void process.stdout.write('.');
  say();
  await changeCycleOf(Number(round), folder, url, say);
}
