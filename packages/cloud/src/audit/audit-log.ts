import type { OutcomeKind } from '@homeward/protocol/outcome';
import { compiledOnce } from '../store/compiled-once.ts';
import type { Database } from '../store/database.ts';
import { entryId } from './entry-id.ts';

/**
 * What is written down, under the names that administrators know from Microsoft Entra's audit log, so that existing
 * alert rules keep matching. The stored code is the key; the name is for exports.
 */
export const ACTIVITIES = {
  addUser: 'Add user',
  updateUser: 'Update user',
  deleteUser: 'Delete user',
  addGroup: 'Add group',
  updateGroup: 'Update group',
  deleteGroup: 'Delete group',
  resetFlowProgress: 'Self-service password reset flow activity progress',
  resetPassword: 'Reset password (self-service)',
  resetBlocked: 'Blocked from self-service password reset',
  addAdministrator: 'Add administrator',
  disableAdministrator: 'Disable administrator',
  administratorSignIn: 'Administrator sign-in',
  administratorBlocked: 'Administrator blocked from sign-in',
  authorizeDevice: 'Authorize agent enrolment',
  registerAgent: 'Register agent',
  admitAgent: 'Admit agent',
  revokeAgent: 'Revoke agent',
  rollAgentKeys: 'Update agent keys',
  rollSigningKey: 'Update signing key',
  agentCloned: 'Disable agent',
  agentReinstated: 'Enable agent',
  outcomeRecovered: 'Recover outcome of an unknown request',
  backUpStore: 'Back up store',
  restoreStore: 'Restore store',
} as const;

export type Activity = keyof typeof ACTIVITIES;

export type AuditResult =
  | 'success'
  | 'agentCloned'
  | 'userIdSubmitted'
  | 'newCodeAsked'
  | 'codeSent'
  | 'codeNotSent'
  | 'noUsableAccount'
  | 'accountLimited'
  | 'addressChanged'
  | 'addressTooNew'
  | 'codeWrong'
  | 'codeUsedUp'
  | 'codeProven'
  | 'passwordSubmitted'
  | 'tooManyStarts'
  | 'clearPasswordRefused'
  | 'tooManyCodes'
  | 'tooManyWrongCodes'
  | 'confirmationMailed'
  | 'lateOutcomeMailed'
  | 'passwordRight'
  | 'passwordWrong'
  | 'totpWrong'
  | 'totpUsedBefore'
  | 'tooManyTries'
  | 'approved'
  | 'denied'
  | 'fingerprintWrong'
  | 'userCodeWrong'
  | 'pendingAdmission'
  | 'keyDestroyed'
  | 'inDirectory'
  | 'pending'
  | OutcomeKind;

/** No secrets, and nothing that was typed. */
export type AuditEntry = {
  tenantId: string;
  /** Unix ms */
  at: number;
  activity: Activity;
  result: AuditResult;
  personId?: string | null;
  groupId?: string;
  agentId?: string;
  keyId?: string;
  /** who did it: the person, an agent, an administrator */
  actorId?: string | null;
  flowId?: string;
  requestId?: string | null;
  clientAddress?: string;
};

export type AuditTable = {
  id: string;
  tenantId: string;
  at: number;
  activity: string;
  result: string;
  personId: string | null;
  actorId: string | null;
  flowId: string | null;
  requestId: string | null;
  clientAddress: string | null;
  detail: string | null;
};

export type AuditLog = {
  append(entry: AuditEntry): Promise<void>;
  /** oldest first */
  ofFlow(flowId: string): Promise<AuditEntry[]>;
  /** Deletes what is older than `before`, Unix ms: the oldest first, and so many at most. @returns how many */
  purge(tenantId: string, before: number, most: number): Promise<number>;
};

/** Deleted by one statement, which everybody waits for. */
const AT_ONCE = 100;

/** Give it the transaction of the change it tells: either both are there or neither. */
export function auditLog(database: Database): AuditLog {
  return {
    async append(entry) {
      await insert(database, {
        id: entryId(entry.at),
        tenantId: entry.tenantId,
        at: entry.at,
        activity: entry.activity,
        result: entry.result,
        personId: entry.personId ?? null,
        actorId: entry.actorId ?? null,
        flowId: entry.flowId ?? null,
        requestId: entry.requestId ?? null,
        clientAddress: entry.clientAddress ?? null,
        detail: entry.groupId ?? entry.agentId ?? entry.keyId ?? null,
      });
    },
    async ofFlow(flowId) {
      const rows = await database
        .selectFrom('audit')
        .selectAll()
        .where('flowId', '=', flowId)
        .orderBy('at')
        .orderBy('id')
        .execute();
      return rows.map((row) => ({
        tenantId: row.tenantId,
        at: row.at,
        activity: row.activity as Activity,
        result: row.result as AuditResult,
        personId: row.personId,
        actorId: row.actorId,
        flowId,
        requestId: row.requestId,
        ...(row.clientAddress ? { clientAddress: row.clientAddress } : {}),
      }));
    },
    async purge(tenantId, before, most) {
      let deleted = 0;
      while (deleted < most) {
        const { numDeletedRows } = await database
          .deleteFrom('audit')
          .where('id', 'in', (among) =>
            among
              .selectFrom('audit')
              .select('id')
              .where('tenantId', '=', tenantId)
              .where('at', '<', before)
              .orderBy('at')
              .limit(Math.min(AT_ONCE, most - deleted)),
          )
          .executeTakeFirst();
        if (numDeletedRows === 0n) break;
        deleted += Number(numDeletedRows);
      }
      return deleted;
    },
  };
}

const insert = compiledOnce((database, row: AuditTable) =>
  database.insertInto('audit').values({
    id: row.id,
    tenantId: row.tenantId,
    at: row.at,
    activity: row.activity,
    result: row.result,
    personId: row.personId,
    actorId: row.actorId,
    flowId: row.flowId,
    requestId: row.requestId,
    clientAddress: row.clientAddress,
    detail: row.detail,
  }),
);
