import type { Migration } from '../migrate.ts';

/**
 * Several generations of an agent's keys, while one takes over from another. The agent's own row has the current
 * one, so enrolment stays as it is; the others are beside it and are deleted with their keys.
 */
export const keyGenerations: Migration = {
  id: '0006-key-generations',
  statements: [
    'alter table agent add column key_generation integer not null default 1',
    'alter table agent add column keys_made_at bigint',
    `create table agent_key (
      agent_id text not null,
      number integer not null,
      state text not null,
      identity_key text not null,
      password_key text not null,
      package_key_id text not null,
      package_key_sealed text not null,
      sealable_until bigint,
      made_at bigint not null,
      primary key (agent_id, number)
    )`,
  ],
};
