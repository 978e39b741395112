import { setTimeout } from 'node:timers/promises';
import { beginCloudImport, type CloudImportCounts, importsGroups } from '@homeward/sync';
import { listResources } from './scim-client.ts';
import { shownGroup } from './scim-group.ts';
import { shownUser } from './scim-user.ts';
import {
  completelyImported,
  type SynchroniseDeps,
  type SynchroniseReport,
  synchroniseAndExport,
  takingTurns,
} from './synchronise-and-export.ts';

/**
 * Reads what the cloud holds of this agent's forests, and exports what it should hold instead: after its restore
 * from a backup, after hands in its database, and for what was left there when this agent's store was lost.
 *
 * @throws as `sendBulk`; the signal's reason
 */
export async function confirmCloud(
  deps: SynchroniseDeps,
): Promise<{ cloud: CloudImportCounts; exported: SynchroniseReport['exported'] }> {
  const { store, configuration, log, clock, signal } = deps;
  const scim = {
    cloud: deps.cloud,
    now: clock.now,
    sleep: (ms: number) => setTimeout(ms, undefined, signal && { signal }),
  };
  const cloud = await takingTurns(store, async () => {
    const importing = beginCloudImport(store, completelyImported(deps));
    const shapes = { Users: shownUser, ...(importsGroups(configuration) && { Groups: shownGroup }) };
    for (const [type, shapeOf] of Object.entries(shapes))
      for await (const page of listResources(scim, type as keyof typeof shapes)) {
        signal?.throwIfAborted();
        importing.page(page.flatMap((resource) => shapeOf(resource) ?? []));
      }
    return importing.finish();
  });
  if (cloud.differing + cloud.lost > 0)
    log.warn(cloud, 'the cloud holds something else than was exported; mending it');
  if (cloud.orphaned > 0)
    log.warn(cloud, 'the cloud has people or groups that are in no forest which this agent reads');
  const { exported } = await synchroniseAndExport(deps);
  return { cloud, exported };
}
