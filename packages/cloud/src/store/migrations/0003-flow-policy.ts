import type { Migration } from '../migrate.ts';

/** The rules that apply to the person, read after the gates and kept for the flow. */
export const flowPolicy: Migration = {
  id: '0003-flow-policy',
  statements: ['alter table reset_flow add column policy text'],
};
