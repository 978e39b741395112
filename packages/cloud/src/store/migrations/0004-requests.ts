import type { Migration } from '../migrate.ts';

/** One unsettled request for a person; when it is overdue, another may be made. */
export const requests: Migration = {
  id: '0004-requests',
  statements: [
    "create unique index request_unsettled on request (tenant_id, person_id) where state = 'granted'",
    'create index request_by_agent on request (agent_id, state)',
  ],
};
