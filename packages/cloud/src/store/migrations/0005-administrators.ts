import type { Migration } from '../migrate.ts';

/** Administrators of the tenant, and agents that wait to be admitted. */
export const administrators: Migration = {
  id: '0005-administrators',
  statements: [],
};
