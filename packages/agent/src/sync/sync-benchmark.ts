/**
 * What a cycle costs for very many people: a synthetic forest, the real store, and a cloud that accepts
 * everything at once. Everything is made page by page, so that the memory measured is the engine's.
 */
import type { ChangePage } from './import-directory-changes.ts';
import type { Person } from './import-people.ts';
import { openSyncStore } from './open-sync-store.ts';
import { runChangeCycle } from './run-change-cycle.ts';
import { runFullCycle } from './run-full-cycle.ts';
import { syncConfigurationOf } from './sync-configuration.ts';

const FOREST = {
  sid: 'S-1-5-21-3623811015-3361044348-30300820',
  domain: 'corp.example.com',
  netbiosName: 'CORP',
};
const PAGE = 1000;
const CHANGES = 100;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

export type SyncFigures = {
  objects: number;
  /** everybody is new: import, synchronise, export; ms each */
  firstMs: { import: number; synchronise: number; export: number };
  /** nothing changed since */
  unchangedMs: number;
  /** a hundred people changed and nobody else is read */
  deltaMs: number;
};

/** @param deps.now monotonic, ms */
export async function benchmarkSync(deps: {
  objects: number;
  stateFolder: string;
  now: () => number;
}): Promise<SyncFigures> {
  const { objects, now } = deps;
  const store = openSyncStore(deps.stateFolder);
  try {
    const at = { import: 0, synchronise: 0 };
    const cycle = {
      directory: { people: () => syntheticPeople(objects) },
      store,
      cloud: {
        url: 'https://cloud.example.com',
        authorize: async () => ({ authorization: 'DPoP none' }),
        fetch: acceptEverything,
      },
      configuration: syncConfigurationOf([FOREST]),
      forest: FOREST.sid,
      log: SILENT,
      clock: { now },
      onProgress({ step }: { step: string }) {
        if (step !== 'export') at[step as keyof typeof at] = now();
      },
    };
    const began = now();
    await runFullCycle(cycle);
    const ended = now();
    const firstMs = {
      import: at.import - began,
      synchronise: at.synchronise - at.import,
      export: ended - at.synchronise,
    };
    const unchangedMs = await timed(now, () => runFullCycle(cycle));
    const cursor = {
      controller: '00000000-0000-4000-8000-0000000000c0',
      namingContext: 'DC=corp,DC=example,DC=com',
    };
    const page = { ...cursor, isFull: false, deleted: [], containers: [] };
    const changed = Array.from({ length: CHANGES }, (_, n) =>
      syntheticPerson(Math.floor((n * objects) / CHANGES), 'Renamed'),
    );
    const changes = async function* (): AsyncGenerator<ChangePage> {
      yield { ...page, people: changed, cookie: 'next' };
    };
    const deltaMs = await timed(now, () => runChangeCycle({ ...cycle, directory: { changes }, full: false }));
    return { objects, firstMs, unchangedMs, deltaMs };
  } finally {
    store.close();
  }
}

async function timed(now: () => number, work: () => Promise<unknown>): Promise<number> {
  const began = now();
  await work();
  return now() - began;
}

async function* syntheticPeople(objects: number): AsyncGenerator<Person[]> {
  for (let from = 0; from < objects; from += PAGE)
    yield Array.from({ length: Math.min(PAGE, objects - from) }, (_, n) => syntheticPerson(from + n));
}

/** GUIDs are spread as real ones are, so that indexes are filled in no convenient order. */
function syntheticPerson(n: number, surname = 'Lindqvist'): Person {
  const spread = Math.imul(n, 0x9e3779b1) >>> 0;
  const objectGuid = `${spread.toString(16).padStart(8, '0')}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
  const account = `anna.lindqvist${n}`;
  return {
    objectGuid,
    dn: `CN=Anna ${surname} ${n},OU=Department ${n % 100},OU=People,DC=corp,DC=example,DC=com`,
    attributes: {
      cn: [`Anna ${surname} ${n}`],
      sAMAccountName: [account],
      userPrincipalName: [`${account}@corp.example.com`],
      displayName: [`Anna ${surname} ${n}`],
      givenName: ['Anna'],
      sn: [surname],
      mail: [`${account}@example.com`],
      userAccountControl: [n % 20 === 0 ? '514' : '512'],
    },
  };
}

const acceptEverything: typeof fetch = async (_url, init) => {
  const request = JSON.parse(String(init?.body)) as {
    Operations: { method: string; path: string; bulkId?: string }[];
  };
  return Response.json({
    Operations: request.Operations.map(({ method, path, bulkId }) => ({
      method,
      ...(bulkId !== undefined && { bulkId }),
      location: `https://cloud.example.com/scim/v2/Users/${bulkId === undefined ? path.slice('/Users/'.length) : idOf(bulkId)}`,
      status: method === 'POST' ? '201' : '200',
    })),
  });
};

function idOf(sourceAnchor: string): string {
  const hex = Buffer.from(sourceAnchor, 'base64').toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
