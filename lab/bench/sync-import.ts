/**
 * A full import of a real directory into the real store, against a bare paged search of the same attributes on the same
 * controller. The two take turns, so that a noisy machine is noisy for both.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDirectory } from '@homeward/active-directory';
import { Secret } from '@homeward/protocol/secret';
import { attributesToImport, type SyncConfiguration } from '@homeward/sync';
import { importDirectoryChanges } from '../../packages/agent/src/sync/import-directory-changes.ts';
import { openSyncStore } from '../../packages/agent/src/sync/open-sync-store.ts';
import { syncConfigurationOf } from '../../packages/agent/src/sync/sync-configuration.ts';
import { ldapsClient } from '../forest/ldaps-connection.ts';
import type { LabForest } from '../lab-file.ts';
import type { Measured, Sampled } from './report.ts';
import { median, quantile } from './statistics.ts';

const ROUNDS = 5;
/** As the agent asks for; a larger page is refused by Windows (MaxPageSize 1000). */
const PAGE_SIZE = 500;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

export async function benchImport(forest: LabForest): Promise<{ sampled: Sampled[]; measured: Measured[] }> {
  const directory = openDirectory(
    {
      domain: forest.domain,
      dnsServers: [forest.dnsServer],
      ca: readFileSync(forest.caFile, 'utf8'),
      account: {
        userPrincipalName: forest.agentAccount.userPrincipalName,
        password: new Secret(forest.agentAccount.password),
      },
      timeouts: { read: 60_000 },
    },
    { clock: { now: Date.now }, log: SILENT },
  );
  const ours: number[] = [];
  const bare: number[] = [];
  try {
    const { forestSid: sid, domain, netbiosName } = await directory.identity();
    const configuration = syncConfigurationOf([{ sid, domain, netbiosName }], undefined, { groups: true });
    // The first of each warms the controller's cache.
    for (let round = -1; round < ROUNDS; round++) {
      const searched = await timed(() => pagedSearch(forest, configuration));
      const imported = await timed(() => importAll(directory, configuration, sid));
      if (round < 0) continue;
      bare.push(searched);
      ours.push(imported);
    }
  } finally {
    directory.close();
  }
  return {
    sampled: [
      sampled('full import into an empty store', ours),
      sampled('bare paged search, same attributes', bare),
    ],
    measured: [
      {
        key: 'sync_import_vs_paged_search',
        what: `import of ${forest.people.length} objects against a paged search`,
        ratio: median(ours) / median(bare),
        unit: '×',
        limit: 1.5,
      },
    ],
  };
}

async function importAll(
  directory: ReturnType<typeof openDirectory>,
  configuration: SyncConfiguration,
  forest: string,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'homeward-bench-'));
  const store = openSyncStore(folder);
  try {
    const deps = { directory, store, configuration, forest, full: true, log: SILENT, onImported() {} };
    const { seen, sweep } = await importDirectoryChanges(deps);
    if (sweep?.kind !== 'swept') throw new Error('the import did not end');
    if (seen < 1) throw new Error('nobody was imported');
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
}

async function pagedSearch(forest: LabForest, configuration: SyncConfiguration): Promise<void> {
  const client = await ldapsClient(forest, 60_000);
  await client.bind(forest.agentAccount.userPrincipalName, forest.agentAccount.password);
  const pages = client.searchPaginated(forest.baseDn, {
    filter: '(&(objectCategory=person)(sAMAccountType=805306368))',
    attributes: ['objectGUID', ...attributesToImport(configuration)],
    explicitBufferAttributes: ['objectGUID'],
    paged: { pageSize: PAGE_SIZE },
  });
  let found = 0;
  for await (const { searchEntries } of pages) found += searchEntries.length;
  await client.unbind();
  if (found < forest.people.length) throw new Error(`the search found ${found} people only`);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

export function sampled(what: string, samples: readonly number[]): Sampled {
  return { what, count: samples.length, p50: median(samples), p95: quantile(samples, 0.95) };
}
