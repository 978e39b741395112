import type { Migration } from '../migrate.ts';

/** When people's addresses changed, and where that is told; what a person who comes again is compared with. */
export const addressChanges: Migration = {
  id: '0012-address-changes',
  statements: [
    'alter table person add column mail_changed_at bigint',
    'alter table mail_outbox add column to_address text',
    `create table removed_person (
      tenant_id text not null,
      forest text not null,
      external_id text not null,
      mail text,
      mail_changed_at bigint,
      removed_at bigint not null,
      primary key (tenant_id, forest, external_id)
    )`,
    'create index removed_person_by_time on removed_person (removed_at)',
  ],
};
