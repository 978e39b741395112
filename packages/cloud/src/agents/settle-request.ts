import { OUTCOMES, type Outcome } from '@homeward/protocol/outcome';
import type { Reply } from '@homeward/protocol/reply';
import type { Clock } from '../clock.ts';
import type { Database, OpenStore } from '../store/database.ts';
import type { GrantedRequest } from './pack-request.ts';
import { settleGranted } from './request-store.ts';

/** What goes with the settlement, in its transaction. */
export type Settling = (transaction: Database, requestId: string, outcome: Outcome) => Promise<void>;

type Log = (fields: object, message: string) => void;
export type SettleDeps = Pick<OpenStore, 'asynchronousCommit'> & {
  clock: Clock;
  log: { info: Log; warn: Log };
};

/**
 * The person does not wait for the disk: what a power cut takes back, the agent tells again.
 *
 * @returns false where it was settled before: the first answer stands
 */
export async function settleRequest(
  { asynchronousCommit, clock, log }: SettleDeps,
  { id: requestId, operation }: GrantedRequest,
  { outcome, event }: Reply,
  settling?: Settling,
): Promise<boolean> {
  const isFirst =
    operation === 'dryRun' ||
    (await asynchronousCommit.transaction().execute(async (transaction) => {
      if (!(await settleGranted(transaction, requestId, { outcome, event, at: clock() }))) return false;
      await settling?.(transaction, requestId, outcome);
      return true;
    }));
  if (!isFirst) return false;
  const level = OUTCOMES[outcome.kind].acts === 'administrator' ? 'warn' : 'info';
  // When the answer is on its way.
  setImmediate(() =>
    log[level]({ requestId, event, outcome: outcome.kind }, `${operation}: ${outcome.kind}`),
  );
  return true;
}
