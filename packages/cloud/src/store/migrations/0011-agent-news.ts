import type { Migration } from '../migrate.ts';

/** Who revoked an agent that served, and who a mail is to name. */
export const agentNews: Migration = {
  id: '0011-agent-news',
  statements: [
    'alter table agent add column revoked_by text',
    'alter table mail_outbox add column by_id text',
  ],
};
