import type { Migration } from '../migrate.ts';

/** Administrators of the tenant, and agents that wait to be admitted. */
export const administrators: Migration = {
  id: '0005-administrators',
  statements: [
    `create table administrator (
      id text primary key,
      tenant_id text not null,
      user_name text not null,
      mail text,
      password_sealed text not null,
      totp_seed_sealed text not null,
      totp_last_step bigint not null,
      created_at bigint not null,
      last_signed_in_at bigint,
      disabled_at bigint
    )`,
    // A name is free again once its account is disabled: who lost the authenticator gets a new account.
    `create unique index administrator_by_name on administrator (tenant_id, user_name)
      where disabled_at is null`,
    `create table administrator_session (
      cookie_hmac text primary key,
      administrator_id text not null references administrator (id) on delete cascade,
      stage text not null,
      started_at bigint not null,
      last_seen_at bigint not null
    )`,
    'create index administrator_session_by_owner on administrator_session (administrator_id)',
    'create index administrator_session_by_start on administrator_session (started_at)',
    `create table device_authorization (
      id text primary key,
      tenant_id text not null,
      device_code_hmac text not null unique,
      user_code_hmac text not null unique,
      identity_key text not null,
      request_sealed text not null,
      client_address text not null,
      state text not null,
      wrong_entries integer not null,
      poll_interval bigint not null,
      polled_at bigint not null,
      decided_by text,
      agent_id text,
      created_at bigint not null,
      expires_at bigint not null
    )`,
    'create index device_authorization_by_end on device_authorization (expires_at)',
    'alter table agent add column status_since bigint',
    `create table agent_admission (
      agent_id text not null references agent (id) on delete cascade,
      by_kind text not null,
      by_id text not null,
      proof text,
      admitted_at bigint not null,
      primary key (agent_id, by_kind, by_id)
    )`,
  ],
};
