import type { Id } from '@homeward/protocol/id';
import type { Database } from '../store/database.ts';

/** In the order of ids, so that a listing misses nobody who is there all the while. */
export type PageQuery = {
  forests: readonly string[];
  externalId?: string;
  /** the last id of the page before */
  after?: Id;
  /** how many to leave out, counted after `after` */
  skip?: number;
  limit: number;
};

export type Page<Row> = { total: number; rows: Row[] };

type Listed = 'person' | 'directoryGroup';

export async function idPages<Table extends Listed, Row>(
  database: Database,
  table: Table,
  tenantId: Id,
  { forests, externalId, after, skip, limit }: PageQuery,
): Promise<Page<Row>> {
  const found = () => {
    const query = database
      // Both tables have what is asked of them here; as a union they have no select in common.
      .selectFrom(table as 'person')
      .where('tenantId', '=', tenantId)
      .where('forest', 'in', forests);
    return externalId === undefined ? query : query.where('externalId', '=', externalId);
  };
  const counted = await found()
    .select(({ fn }) => fn.countAll<number | string>().as('total'))
    .executeTakeFirst();
  const from = after === undefined ? found() : found().where('id', '>', after);
  const rows = await from
    .selectAll()
    .orderBy('id')
    .limit(limit)
    .offset(skip ?? 0)
    .execute();
  return { total: Number(counted?.total ?? 0), rows: rows as Row[] };
}
