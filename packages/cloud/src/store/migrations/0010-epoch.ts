import type { Migration } from '../migrate.ts';

/** What a restored store differs by from every state it ever was in; null until the first restore. */
export const epoch: Migration = {
  id: '0010-epoch',
  statements: ['alter table tenant add column epoch text'],
};
