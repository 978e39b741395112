import type { Migration } from '../migrate.ts';

/** What agents last said of themselves. */
export const agentReports: Migration = {
  id: '0007-agent-reports',
  statements: [],
};
