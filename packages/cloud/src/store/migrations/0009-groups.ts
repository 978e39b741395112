import type { Migration } from '../migrate.ts';

/** Groups and their members. */
export const groups: Migration = {
  id: '0009-groups',
  statements: [],
};
