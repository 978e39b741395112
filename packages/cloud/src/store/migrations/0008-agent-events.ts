import type { Migration } from '../migrate.ts';

/** Events of the agents' own logs. */
export const agentEvents: Migration = {
  id: '0008-agent-events',
  statements: [
    `create table agent_event (
      agent_id text not null,
      id text not null,
      tenant_id text not null,
      time bigint not null,
      event integer not null,
      level text not null,
      request_id text,
      person text,
      operation text,
      outcome text,
      rule text,
      forest text,
      controller text,
      code text,
      version_before bigint,
      version_after bigint,
      received_at bigint not null,
      primary key (agent_id, id)
    )`,
    'create index agent_event_by_agent on agent_event (agent_id, time)',
    'create index agent_event_by_tenant on agent_event (tenant_id, time)',
  ],
};
