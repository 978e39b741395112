import { type AdministratorStore, administratorStore } from '../admin/administrator-store.ts';
import { type SessionStore, sessionStore } from '../admin/session-store.ts';
import { type AgentEventReader, agentEventReader } from '../agents/agent-events-reader.ts';
import { type AuditLog, auditLog } from '../audit/audit-log.ts';
import { type AuditReader, auditReader } from '../audit/audit-reader.ts';
import { type ResetFlowStore, resetFlowStore } from '../flows/reset/flow-store.ts';
import { type OutboxStore, outboxStore } from '../mail/outbox-store.ts';
import { type GroupsStore, groupsStore } from '../people/groups-store.ts';
import { type PeopleStore, peopleStore } from '../people/people-store.ts';
import { type EmailCodeStore, emailCodeStore } from '../verify/email-code/code-store.ts';
import type { Limits } from '../verify/throttle/limits.ts';
import { type ThrottleStore, throttleStore } from '../verify/throttle/throttle-store.ts';
import type { Database } from './database.ts';

export type Stores = {
  people: PeopleStore;
  groups: GroupsStore;
  flows: ResetFlowStore;
  codes: EmailCodeStore;
  throttle: ThrottleStore;
  outbox: OutboxStore;
  audit: AuditLog;
  auditReader: AuditReader;
  administrators: AdministratorStore;
  agentEvents: AgentEventReader;
  sessions: SessionStore;
};

export type Store = Stores & {
  /** Commits all or nothing. Inside `work` use only the stores it is given. */
  transaction<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /** The stores on somebody else's transaction. */
  within(transaction: Database): Stores;
};

export function storeOn(database: Database, limits: Limits): Store {
  const storesOn = (on: Database): Stores => ({
    people: peopleStore(on),
    groups: groupsStore(on),
    flows: resetFlowStore(on),
    codes: emailCodeStore(on),
    throttle: throttleStore(on, limits),
    outbox: outboxStore(on),
    audit: auditLog(on),
    auditReader: auditReader(on),
    administrators: administratorStore(on),
    agentEvents: agentEventReader(on),
    sessions: sessionStore(on),
  });
  return {
    ...storesOn(database),
    transaction: (work) => database.transaction().execute((transaction) => work(storesOn(transaction))),
    within: storesOn,
  };
}
