import type { Migration } from '../migrate.ts';

export const peopleAndReset: Migration = {
  id: '0001-people-and-reset',
  statements: [
    `create table tenant (
      id text primary key,
      name text not null,
      master_key_check text not null,
      created_at bigint not null
    )`,
    `create table person (
      id text primary key,
      tenant_id text not null,
      forest text not null,
      external_id text not null,
      user_name text not null,
      display_name text,
      given_name text,
      family_name text,
      mail text,
      active smallint not null,
      sam_account_name text,
      netbios_name text,
      domain text,
      object_guid text,
      created_at bigint not null,
      updated_at bigint not null,
      unique (tenant_id, forest, external_id)
    )`,
    `create table person_name (
      tenant_id text not null,
      name text not null,
      person_id text not null references person (id) on delete cascade,
      primary key (tenant_id, name, person_id)
    )`,
    'create index person_name_by_person on person_name (person_id)',
    `create table reset_flow (
      id text primary key,
      tenant_id text not null,
      cookie_hash text not null unique,
      state text not null,
      identifier_key text not null,
      typed text,
      person_id text,
      notice text,
      attempt integer not null,
      request_id text,
      former_request_id text,
      outcome text,
      client_address text not null,
      started_at bigint not null,
      expires_at bigint not null,
      ordered_at bigint,
      settled_at bigint
    )`,
    'create index reset_flow_by_state on reset_flow (state, ordered_at)',
    'create index reset_flow_by_start on reset_flow (started_at)',
    `create table email_code (
      flow_id text primary key references reset_flow (id) on delete cascade,
      state text not null,
      round integer not null,
      code_hmac text,
      account_key text,
      person_id text,
      tries_left integer not null,
      wanted_at bigint not null,
      expires_at bigint not null
    )`,
    'create index email_code_by_state on email_code (state, wanted_at)',
    `create table throttle (
      limit_name text not null,
      counted_key text not null,
      window_start bigint not null,
      taken integer not null,
      blocked_until bigint not null,
      primary key (limit_name, counted_key)
    )`,
    'create index throttle_by_start on throttle (window_start)',
    `create table mail_outbox (
      id text primary key,
      tenant_id text not null,
      person_id text not null,
      kind text not null,
      flow_id text not null,
      happened_at bigint not null,
      attempts integer not null,
      next_try_at bigint not null
    )`,
    'create index mail_outbox_by_time on mail_outbox (next_try_at)',
    `create table audit (
      id text primary key,
      tenant_id text not null,
      at bigint not null,
      activity text not null,
      result text not null,
      person_id text,
      actor_id text,
      flow_id text,
      request_id text,
      client_address text,
      detail text
    )`,
    'create index audit_by_time on audit (tenant_id, at)',
    'create index audit_by_flow on audit (flow_id)',
  ],
};
