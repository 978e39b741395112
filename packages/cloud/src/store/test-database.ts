import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMasterKey } from '../secrets/master-key.ts';
import { deriveSecrets, type Secrets } from '../secrets/secrets.ts';
import type { OpenStore } from './database.ts';
import { migrate } from './migrate.ts';
import { openSqlite } from './sqlite.ts';

export type TestDatabase = AsyncDisposable & OpenStore & { secrets: Secrets; folder: string };

/** A migrated store in a folder of its own, for tests; gone when disposed of. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-cloud-'));
  const store = openSqlite(join(folder.path, 'cloud.db'));
  await migrate(store.database, () => 0);
  const { key } = await openMasterKey(join(folder.path, 'master.key'));
  return {
    ...store,
    secrets: deriveSecrets(key),
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      await store.database.destroy();
      folder.remove();
    },
  };
}
