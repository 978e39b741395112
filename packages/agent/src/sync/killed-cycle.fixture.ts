/** For killed-cycle.test.ts: one full cycle in a process of its own, which may be killed. */
import type { Person } from './import-people.ts';
import { openSyncStore } from './open-sync-store.ts';
import { runFullCycle } from './run-full-cycle.ts';
import { syncConfigurationOf } from './sync-configuration.ts';

const FOREST = { sid: 'S-1-5-21-1-2-3', domain: 'corp.example.com', netbiosName: 'CORP' };

/** Who is in the directory in this round: some new, some gone, some renamed, some disabled since the last one. */
export function peopleIn(round: number): Person[] {
  const numbers = Array.from({ length: 600 }, (_, n) => n + round * 7);
  return numbers.map((n) => ({
    objectGuid: `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`,
    dn: `CN=person${n},OU=People,DC=corp,DC=example,DC=com`,
    attributes: {
      sAMAccountName: [`person${n}`],
      displayName: [n % 5 === round % 5 ? `Renamed in ${round}` : `Person ${n}`],
      userAccountControl: [(n + round) % 11 === 0 ? '514' : '512'],
    },
  }));
}

/** @param onPage called before each page of the directory is read */
export async function cycleOf(
  round: number,
  stateFolder: string,
  cloudUrl: string,
  onPage = () => {},
): Promise<void> {
  const store = openSyncStore(stateFolder);
  const people = peopleIn(round);
  try {
    await runFullCycle({
      directory: {
        async *people() {
          for (let at = 0; at < people.length; at += 60) {
            onPage();
            yield people.slice(at, at + 60);
          }
        },
      },
      store,
      cloud: {
        url: cloudUrl,
        authorize: async () => ({ authorization: 'DPoP token' }),
        fetch: globalThis.fetch,
      },
      configuration: syncConfigurationOf([FOREST]),
      forest: FOREST.sid,
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
  await cycleOf(Number(round), folder, url, say);
}
