import type { Migration } from '../migrate.ts';

/** What agents last said of themselves, and the session numbers that tell a copy of an agent from the agent. */
export const agentReports: Migration = {
  id: '0007-agent-reports',
  statements: [
    `create table agent_report (
      agent_id text primary key,
      session bigint not null,
      instance text not null,
      report text not null,
      received_at bigint not null,
      probed_at bigint
    )`,
  ],
};
