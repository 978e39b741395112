import { OUTCOMES, type Outcome } from '@homeward/protocol/outcome';
import type { Reply } from '@homeward/protocol/reply';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import type { GrantedRequest } from './pack-request.ts';
import { settleGranted } from './request-store.ts';

/** What goes with the settlement, in its transaction. */
export type Settling = (transaction: Database, requestId: string, outcome: Outcome) => Promise<void>;

type Log = (fields: object, message: string) => void;
export type SettleDeps = { database: Database; clock: Clock; log: { info: Log; warn: Log } };

/** @returns false where it was settled before: the first answer stands */
export async function settleRequest(
  { database, clock, log }: SettleDeps,
  { id: requestId, operation }: GrantedRequest,
  { outcome, event }: Reply,
  settling?: Settling,
): Promise<boolean> {
  const isFirst =
    operation === 'dryRun' ||
    (await database.transaction().execute(async (transaction) => {
      if (!(await settleGranted(transaction, requestId, { outcome, event, at: clock() }))) return false;
      await settling?.(transaction, requestId, outcome);
      return true;
    }));
  if (!isFirst) return false;
  const level = OUTCOMES[outcome.kind].acts === 'administrator' ? 'warn' : 'info';
  log[level]({ requestId, event, outcome: outcome.kind }, `${operation}: ${outcome.kind}`);
  return true;
}
