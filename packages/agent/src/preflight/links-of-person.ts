import { locateForWriteback, type WritebackLocation } from '@homeward/sync';
import { openLinkReader } from '../sync/open-sync-store.ts';
import { openSyncDatabaseToRead } from '../sync/sync-database.ts';
import { SyncRunError } from '../sync/sync-error.ts';

export type PersonLinks =
  /** not in the connector space of the forest */
  | { kind: 'unknown' }
  /** imported, but without an object in the cloud's connector space that the cloud has taken */
  | { kind: 'notProvisioned' }
  | { kind: 'located'; cloudAnchor: string; location: WritebackLocation };

/** What the sync store knows of an account, read beside a running agent; undefined while there is no store. */
export function linksOfPerson(
  stateFolder: string,
  forestSid: string,
  objectGuid: string,
): PersonLinks | undefined {
  const anchor = readCloudAnchor(stateFolder, forestSid, objectGuid);
  if (anchor === undefined || anchor === 'unknown') return anchor && { kind: anchor };
  if (anchor === null) return { kind: 'notProvisioned' };
  const links = openLinkReader(stateFolder);
  try {
    const location = links.snapshot(() => locateForWriteback(links, anchor));
    return { kind: 'located', cloudAnchor: anchor, location };
  } finally {
    links.close();
  }
}

function readCloudAnchor(
  stateFolder: string,
  forestSid: string,
  objectGuid: string,
): string | null | 'unknown' | undefined {
  let database: ReturnType<typeof openSyncDatabaseToRead>;
  try {
    database = openSyncDatabaseToRead(stateFolder);
  } catch (error) {
    if (error instanceof SyncRunError) return undefined;
    throw error;
  }
  try {
    const row = database
      .prepare(
        `SELECT c.cloud_anchor FROM directory_object o
           JOIN forest f ON f.id = o.forest
           LEFT JOIN cloud_object c ON c.metaverse_object = o.metaverse_object
         WHERE f.sid = ? AND o.object_guid = ?`,
      )
      .get(forestSid, objectGuid);
    if (row === undefined) return 'unknown';
    return row['cloud_anchor'] === null ? null : String(row['cloud_anchor']);
  } finally {
    database.close();
  }
}
