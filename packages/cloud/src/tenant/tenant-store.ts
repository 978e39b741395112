import { newId } from '@homeward/protocol/id';
import { CloudError } from '../errors.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';

export type TenantTable = {
  id: string;
  name: string;
  masterKeyCheck: string;
  createdAt: number;
  /** null: the store was never restored from a backup */
  epoch: string | null;
};

export type Tenant = { id: string; name: string };

/**
 * The one tenant of this installation: made at first start, renamed when the configuration is.
 *
 * @throws {CloudError} ERR_MASTER_KEY_WRONG when the store was made under another master key. Starting anyway would
 *   make every agent and every open flow look like a forgery.
 */
export async function openTenant(
  database: Database,
  secrets: Secrets,
  name: string,
  now: number,
): Promise<Tenant> {
  return database.transaction().execute(async (transaction) => {
    const known = await transaction.selectFrom('tenant').selectAll().executeTakeFirst();
    if (!known) {
      const id = newId();
      const masterKeyCheck = secrets.hmac('master-key-check', id);
      await transaction.insertInto('tenant').values({ id, name, masterKeyCheck, createdAt: now }).execute();
      return { id, name };
    }
    if (known.masterKeyCheck !== secrets.hmac('master-key-check', known.id)) {
      throw new CloudError(
        'ERR_MASTER_KEY_WRONG',
        'The store was made under another master key. Put the file back that masterKeyFile named before.',
      );
    }
    if (known.name !== name) {
      await transaction.updateTable('tenant').set({ name }).where('id', '=', known.id).execute();
    }
    return { id: known.id, name };
  });
}
