import type { Kysely } from 'kysely';
import type { AdministratorTable } from '../admin/administrator-store.ts';
import type { AdministratorSessionTable } from '../admin/session-store.ts';
import type { AdmissionTable } from '../agents/admit-agent.ts';
import type { AgentEventTable } from '../agents/agent-events.ts';
import type { AgentReportTable } from '../agents/agent-reports.ts';
import type { DeviceAuthorizationTable } from '../agents/device-authorization.ts';
import type {
  AgentKeyTable,
  AgentTable,
  EnrolmentTokenTable,
  RequestTable,
  SigningKeyTable,
} from '../agents/tables.ts';
import type { AuditTable } from '../audit/audit-log.ts';
import type { ResetFlowTable } from '../flows/reset/flow-store.ts';
import type { MailOutboxTable } from '../mail/outbox-store.ts';
import type { GroupMemberTable, GroupTable } from '../people/groups-store.ts';
import type { PersonNameTable, PersonTable } from '../people/people-store.ts';
import type { RemovedPersonTable } from '../people/removed-people.ts';
import type { TenantTable } from '../tenant/tenant-store.ts';
import type { EmailCodeTable } from '../verify/email-code/code-store.ts';
import type { ThrottleTable } from '../verify/throttle/throttle-store.ts';
import type { MigrationTable } from './migrate.ts';

/**
 * All tables, by the names used in code; the store writes them in snake_case. Each area declares its own table
 * beside its store.
 *
 * One spelling for SQLite and PostgreSQL: times are integer Unix milliseconds (bigint), flags 0 or 1, JSON and ids
 * text. SQLite takes no Date, boolean or object.
 */
export type Tables = {
  administrator: AdministratorTable;
  administratorSession: AdministratorSessionTable;
  agentAdmission: AdmissionTable;
  deviceAuthorization: DeviceAuthorizationTable;
  migration: MigrationTable;
  tenant: TenantTable;
  person: PersonTable;
  personName: PersonNameTable;
  removedPerson: RemovedPersonTable;
  directoryGroup: GroupTable;
  groupMember: GroupMemberTable;
  resetFlow: ResetFlowTable;
  emailCode: EmailCodeTable;
  throttle: ThrottleTable;
  mailOutbox: MailOutboxTable;
  audit: AuditTable;
  agent: AgentTable;
  agentKey: AgentKeyTable;
  agentReport: AgentReportTable;
  agentEvent: AgentEventTable;
  enrolmentToken: EnrolmentTokenTable;
  signingKey: SigningKeyTable;
  request: RequestTable;
};

/** The database or a transaction on it. Inside a transaction use only what the transaction gives: the embedded
 * store has one connection, and waiting for a second one would never end. */
export type Database = Kysely<Tables>;

export type OpenStore = {
  /** what is written is on the disk when a call returns */
  database: Database;
  /**
   * The same store, with an asynchronous commit: seen by all at once, on the disk a moment later. For what can be
   * told anew after a power cut.
   */
  asynchronousCommit: Database;
  /** resolves when all that was committed before is on the disk */
  flushed: () => Promise<void>;
};
