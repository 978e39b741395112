import type { Migration } from '../migrate.ts';

/** Events of the agents' own logs. */
export const agentEvents: Migration = {
  id: '0008-agent-events',
  statements: [],
};
