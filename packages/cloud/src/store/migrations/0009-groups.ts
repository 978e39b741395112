import type { Migration } from '../migrate.ts';

/** Groups and their members. A member is a person or a group; whichever goes, so do its memberships. */
export const groups: Migration = {
  id: '0009-groups',
  statements: [
    `create table directory_group (
      id text primary key,
      tenant_id text not null,
      forest text not null,
      external_id text not null,
      display_name text not null,
      description text,
      sam_account_name text,
      domain text,
      object_guid text,
      created_at bigint not null,
      updated_at bigint not null,
      unique (tenant_id, forest, external_id)
    )`,
    `create table group_member (
      group_id text not null references directory_group (id) on delete cascade,
      member_id text not null,
      primary key (group_id, member_id)
    )`,
    'create index group_member_by_member on group_member (member_id)',
  ],
};
