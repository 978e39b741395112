import type { Id } from '@homeward/protocol/id';
import type { Database } from '../store/database.ts';

/** An account that lives here alone, never in a directory. Times in Unix ms. */
export type AdministratorTable = {
  id: Id;
  tenantId: Id;
  /** folded */
  userName: string;
  mail: string | null;
  /** PHC string of the Argon2id hash, sealed: who reads the store alone has nothing to guess at */
  passwordSealed: string;
  totpSeedSealed: string;
  /** the last 30-second step whose code was used: none is used twice */
  totpLastStep: number;
  createdAt: number;
  lastSignedInAt: number | null;
  disabledAt: number | null;
};
export type Administrator = AdministratorTable;

export type AdministratorStore = {
  insert(administrator: Administrator): Promise<void>;
  /** the one that may sign in under this name */
  byName(tenantId: Id, userName: string): Promise<Administrator | undefined>;
  byId(tenantId: Id, id: Id): Promise<Administrator | undefined>;
  /** also disabled ones, by name */
  all(tenantId: Id): Promise<Administrator[]>;
  /** @returns false where this step or a later one was used before */
  useStep(id: Id, step: number): Promise<boolean>;
  signedIn(id: Id, now: number): Promise<void>;
  /** @returns false where nobody of this name was enabled */
  disable(tenantId: Id, userName: string, now: number): Promise<boolean>;
  /** whether somebody that an agent described is called this; `userName` is folded */
  isInDirectory(tenantId: Id, userName: string): Promise<boolean>;
  /** what administrators are told of an agent */
  agentInNews(tenantId: Id, agentId: Id): Promise<{ name: string; domains: string[] } | undefined>;
  /** what agents told of their event logs */
};

export function administratorStore(database: Database): AdministratorStore {
  const find = (tenantId: Id) =>
    database.selectFrom('administrator').selectAll().where('tenantId', '=', tenantId);
  return {
    async insert(administrator) {
      await database.insertInto('administrator').values(administrator).execute();
    },
    byName(tenantId, userName) {
      return find(tenantId)
        .where('userName', '=', userName)
        .where('disabledAt', 'is', null)
        .executeTakeFirst();
    },
    byId(tenantId, id) {
      return find(tenantId).where('id', '=', id).executeTakeFirst();
    },
    all(tenantId) {
      return find(tenantId).orderBy('userName').orderBy('createdAt').execute();
    },
    async useStep(id, step) {
      const { numUpdatedRows } = await database
        .updateTable('administrator')
        .set({ totpLastStep: step })
        .where('id', '=', id)
        .where('totpLastStep', '<', step)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },
    async signedIn(id, now) {
      await database.updateTable('administrator').set({ lastSignedInAt: now }).where('id', '=', id).execute();
    },
    async disable(tenantId, userName, now) {
      const one = await find(tenantId)
        .where('userName', '=', userName)
        .where('disabledAt', 'is', null)
        .executeTakeFirst();
      if (one === undefined) return false;
      await database.updateTable('administrator').set({ disabledAt: now }).where('id', '=', one.id).execute();
      await database.deleteFrom('administratorSession').where('administratorId', '=', one.id).execute();
      return true;
    },
    async isInDirectory(tenantId, userName) {
      const row = await database
        .selectFrom('personName')
        .select('personId')
        .where('tenantId', '=', tenantId)
        .where('name', '=', userName)
        .executeTakeFirst();
      return row !== undefined;
    },
    async agentInNews(tenantId, agentId) {
      const row = await database
        .selectFrom('agent')
        .select(['name', 'forests'])
        .where('tenantId', '=', tenantId)
        .where('id', '=', agentId)
        .executeTakeFirst();
      const forests = row && (JSON.parse(row.forests) as { domain: string }[]);
      return row && { name: row.name, domains: forests?.map(({ domain }) => domain) ?? [] };
    },
  };
}
