import type { Migration } from '../migrate.ts';

/** One unsettled request for a person; when it is overdue, another may be made. */
export const requests: Migration = {
  id: '0004-requests',
  statements: [],
};
