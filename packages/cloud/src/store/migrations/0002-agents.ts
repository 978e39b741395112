import type { Migration } from '../migrate.ts';

export const agents: Migration = {
  id: '0002-agents',
  statements: [
    `create table agent (
      id text primary key,
      tenant_id text not null,
      name text not null,
      identity_key text not null unique,
      password_key text not null,
      package_key_id text not null,
      package_key_sealed text not null,
      forests text not null,
      status text not null,
      enrolled_at bigint not null
    )`,
    `create table enrolment_token (
      token_hmac text primary key,
      tenant_id text not null,
      created_at bigint not null,
      expires_at bigint not null,
      used_by_key text,
      used_by_agent text
    )`,
    `create table signing_key (
      id text primary key,
      public_key text not null,
      private_key_sealed text not null,
      created_at bigint not null
    )`,
    `create table request (
      id text primary key,
      tenant_id text not null,
      flow_id text not null,
      person_id text not null,
      operation text not null,
      agent_id text not null,
      state text not null,
      sealed_digest text not null,
      issued_at bigint not null,
      expires_at bigint not null,
      outcome text,
      event integer,
      settled_at bigint
    )`,
    'create index request_by_person on request (person_id, state)',
    'create index request_by_flow on request (flow_id)',
  ],
};
