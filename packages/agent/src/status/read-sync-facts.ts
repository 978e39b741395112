import { openSyncDatabaseToRead } from '../sync/sync-database.ts';
import { SyncRunError } from '../sync/sync-error.ts';

/** What the sync store says of itself; times in Unix ms. */
export type SyncFacts = {
  forest: (sid: string) => {
    people: number;
    lastFullImport: number | undefined;
    heldDeletions: number;
  };
  /** objects in the cloud's connector space that the cloud has taken, and those that still wait */
  cloud: { known: number; pending: number; heldDeletions: number };
  close: () => void;
};

/** Beside a running agent; undefined while there is no store. */
export function openSyncFacts(stateFolder: string): SyncFacts | undefined {
  let database: ReturnType<typeof openSyncDatabaseToRead>;
  try {
    database = openSyncDatabaseToRead(stateFolder);
  } catch (error) {
    if (error instanceof SyncRunError) return undefined;
    throw error;
  }
  const number = (sql: string, ...parameters: string[]) =>
    Number(database.prepare(sql).get(...parameters)?.['n'] ?? 0);
  const fact = (name: string) => {
    const value = database.prepare('SELECT value FROM fact WHERE name = ?').get(name)?.['value'];
    return typeof value === 'string' ? value : undefined;
  };
  const held = (where: string) =>
    (JSON.parse(fact(`held/${where}`) ?? '{"deletions":0}') as { deletions: number }).deletions;
  return {
    forest: (sid) => {
      const imported = fact(`imported/${sid}`);
      return {
        people: number(
          `SELECT count(*) AS n FROM directory_object o JOIN forest f ON f.id = o.forest
           WHERE f.sid = ? AND o.object_type = 'user' AND o.obsolete = 0`,
          sid,
        ),
        lastFullImport: imported === undefined ? undefined : Number(imported),
        heldDeletions: held(sid),
      };
    },
    cloud: {
      known: number('SELECT count(*) AS n FROM cloud_object WHERE cloud_anchor IS NOT NULL'),
      pending: number('SELECT count(*) AS n FROM cloud_object WHERE pending IS NOT NULL'),
      heldDeletions: held('cloud'),
    },
    close: () => database.close(),
  };
}
