import { newId } from '@homeward/protocol/id';
import { sql } from 'kysely';
import { compiledOnce } from '../store/compiled-once.ts';
import type { Database } from '../store/database.ts';

/**
 * Mails that must go out although the process may stop: a row is written with the change it tells, and deleted
 * when the mail server took the mail. Holds no text and no secret; the words are made when it is sent. Mails with
 * codes never come here.
 */
export type OutboxMail = {
  id: string;
  tenantId: string;
  /** who gets it: a person, or for news of agents an administrator */
  personId: string;
  kind: ResetNewsKind | AgentNewsKind | 'addressChanged';
  /** where it goes, if not to the address that they have when it is sent */
  toAddress: string | null;
  /** what it is about: a flow, an agent, or a person */
  flowId: string;
  /** who did what is told, where the mail names them: an administrator, or an agent itself */
  byId: string | null;
  /** Unix ms */
  happenedAt: number;
  attempts: number;
  nextTryAt: number;
};
/**
 * Of an order, the two after the first where a page had said "not known yet"; and that codes were guessed, which is
 * written for nobody's user ID as well, with an id that nobody has.
 */
export type ResetNewsKind = 'passwordReset' | 'resetNotDone' | 'resetUnknown' | 'codesGuessed';
export type AgentNewsKind = 'agentWaits' | 'agentAdmitted' | 'agentRevoked' | 'agentReinstated';
export type MailOutboxTable = OutboxMail;
type Chosen = 'toAddress' | 'byId';
type NewMail = Omit<OutboxMail, Chosen | 'id' | 'attempts' | 'nextTryAt'> & Partial<Pick<OutboxMail, Chosen>>;

export type OutboxStore = {
  add(mail: NewMail): Promise<void>;
  /** Those of changed addresses last: there may be thousands of them at once. */
  due(now: number, limit: number): Promise<OutboxMail[]>;
  postpone(id: string, nextTryAt: number): Promise<void>;
  remove(id: string): Promise<void>;
};

export function outboxStore(database: Database): OutboxStore {
  return {
    async add(mail) {
      await insert(database, { toAddress: null, byId: null, ...mail, id: newId() });
    },
    due(now, limit) {
      return database
        .selectFrom('mailOutbox')
        .selectAll()
        .where('nextTryAt', '<=', now)
        .orderBy(sql`case when kind = 'addressChanged' then 1 else 0 end`)
        .orderBy('nextTryAt')
        .limit(limit)
        .execute();
    },
    async postpone(id, nextTryAt) {
      await database
        .updateTable('mailOutbox')
        .set((row) => ({ nextTryAt, attempts: row('attempts', '+', 1) }))
        .where('id', '=', id)
        .execute();
    },
    async remove(id) {
      await database.deleteFrom('mailOutbox').where('id', '=', id).execute();
    },
  };
}

const insert = compiledOnce((database, mail: Omit<OutboxMail, 'attempts' | 'nextTryAt'>) =>
  database.insertInto('mailOutbox').values({
    id: mail.id,
    tenantId: mail.tenantId,
    personId: mail.personId,
    kind: mail.kind,
    flowId: mail.flowId,
    toAddress: mail.toAddress,
    byId: mail.byId,
    happenedAt: mail.happenedAt,
    attempts: 0,
    nextTryAt: mail.happenedAt,
  }),
);
