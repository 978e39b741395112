import type { Id } from '@homeward/protocol/id';
import type { Database } from '../store/database.ts';
import type { DirectoryPerson, Person } from './person.ts';

/**
 * What is kept for a while of a person who was deleted: whoever could delete a person and describe them anew would
 * else change their address without anybody being told.
 */
export type RemovedPersonTable = Pick<
  Person,
  'tenantId' | 'forest' | 'externalId' | 'mail' | 'mailChangedAt'
> & {
  /** Unix ms */
  removedAt: number;
};

const KEPT_FOR = 30 * 86_400_000;

/** Also forgets whoever was removed 30 days before `now`. */
export async function keepRemoved(database: Database, person: Person, now: number): Promise<void> {
  await database
    .deleteFrom('removedPerson')
    .where('removedAt', '<=', now - KEPT_FOR)
    .execute();
  const { tenantId, forest, externalId, mail, mailChangedAt } = person;
  await database
    .insertInto('removedPerson')
    .values({ tenantId, forest, externalId, mail, mailChangedAt, removedAt: now })
    .onConflict((conflict) =>
      conflict
        .columns(['tenantId', 'forest', 'externalId'])
        .doUpdateSet({ mail, mailChangedAt, removedAt: now }),
    )
    .execute();
}

/** The one who was removed in one of these forests and comes again now; forgotten by this. */
export async function takeRemoved(
  database: Database,
  tenantId: Id,
  { externalId }: Pick<DirectoryPerson, 'externalId'>,
  forests: readonly string[],
  now: number,
): Promise<Pick<Person, 'mail' | 'mailChangedAt'> | undefined> {
  const rows = await database
    .deleteFrom('removedPerson')
    .where('tenantId', '=', tenantId)
    .where('forest', 'in', forests)
    .where('externalId', '=', externalId)
    .returning(['mail', 'mailChangedAt', 'removedAt'])
    .execute();
  return rows
    .filter(({ removedAt }) => removedAt > now - KEPT_FOR)
    .toSorted((a, b) => b.removedAt - a.removedAt)[0];
}
