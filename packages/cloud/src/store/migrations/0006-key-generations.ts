import type { Migration } from '../migrate.ts';

/** Several generations of an agent's keys, while one takes over from another. */
export const keyGenerations: Migration = {
  id: '0006-key-generations',
  statements: [],
};
