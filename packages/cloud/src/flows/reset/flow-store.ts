import type { Outcome } from '@homeward/protocol/outcome';
import type { PersonPolicy } from '@homeward/protocol/policy';
import { compiledOnce } from '../../store/compiled-once.ts';
import type { Database } from '../../store/database.ts';
import type { Notice, ResetFlow, ResetState } from './flow.ts';

export type ResetFlowTable = Omit<ResetFlow, 'notice' | 'outcome' | 'policy'> & {
  notice: string | null;
  outcome: string | null;
  policy: string | null;
};

export type NewFlow = Pick<
  ResetFlow,
  'id' | 'tenantId' | 'cookieHash' | 'identifierKey' | 'typed' | 'clientAddress' | 'startedAt' | 'expiresAt'
>;

/** Every step is a conditional update: `false` means that another request took the step first. */
export type ResetFlowStore = {
  insert(flow: NewFlow): Promise<void>;
  byId(id: string): Promise<ResetFlow | undefined>;
  byCookie(cookieHash: string): Promise<ResetFlow | undefined>;
  notice(id: string, state: ResetState, notice: Notice | null): Promise<boolean>;
  /** proving → choosing */
  prove(id: string, personId: string): Promise<boolean>;
  /** what the directory told of the person's rules, for the page that asks for a password */
  keepPolicy(id: string, policy: PersonPolicy): Promise<void>;
  /** choosing → failed: nothing typed could help */
  giveUp(id: string, outcome: Outcome, at: number): Promise<boolean>;
  /** choosing → ordered, if there were `attempt` orders so far; the caller now owns the next attempt */
  order(id: string, attempt: number, now: number): Promise<boolean>;
  /** names the request of the attempt under way, so that it can be asked for later */
  nameRequest(id: string, attempt: number, requestId: string): Promise<void>;
  /** ordered → choosing (may try again), done or failed */
  settle(
    id: string,
    attempt: number,
    settled: {
      state: 'choosing' | 'done' | 'failed';
      outcome: Outcome;
      requestId: string | null;
      at: number;
    },
  ): Promise<boolean>;
  /** ordered flows of which no answer came yet, oldest first */
  unsettled(orderedBefore: number, limit: number): Promise<ResetFlow[]>;
  /** forgets flows that started before, unless their answer is still open */
  purge(startedBefore: number): Promise<void>;
};

export function resetFlowStore(database: Database): ResetFlowStore {
  const update = (id: string, state: ResetState) =>
    database.updateTable('resetFlow').where('id', '=', id).where('state', '=', state);
  const won = (result: { numUpdatedRows: bigint }) => result.numUpdatedRows === 1n;

  return {
    async insert(flow) {
      await database
        .insertInto('resetFlow')
        .values({
          ...flow,
          state: 'proving',
          personId: null,
          notice: null,
          attempt: 0,
          requestId: null,
          formerRequestId: null,
          outcome: null,
          policy: null,
          orderedAt: null,
          settledAt: null,
        })
        .execute();
    },
    async byId(id) {
      const row = await database.selectFrom('resetFlow').selectAll().where('id', '=', id).executeTakeFirst();
      return row && fromRow(row);
    },
    async byCookie(cookieHash) {
      const { rows } = await findByCookie(database, { cookieHash });
      return rows[0] && fromRow(rows[0]);
    },
    async notice(id, state, notice) {
      const text = notice && JSON.stringify(notice);
      return won(await update(id, state).set({ notice: text }).executeTakeFirst());
    },
    async prove(id, personId) {
      return won(
        await update(id, 'proving')
          .set({ state: 'choosing', personId, typed: null, notice: null })
          .executeTakeFirst(),
      );
    },
    async keepPolicy(id, policy) {
      await update(id, 'choosing')
        .set({ policy: JSON.stringify(policy) })
        .execute();
    },
    async giveUp(id, outcome, at) {
      const told = { outcome: JSON.stringify(outcome), notice: OUTCOME_TOLD };
      const failed = { state: 'failed', ...told, settledAt: at } as const;
      return won(await update(id, 'choosing').set(failed).executeTakeFirst());
    },
    async order(id, attempt, now) {
      return (await order(database, { id, attempt, now })).numAffectedRows === 1n;
    },
    async nameRequest(id, attempt, requestId) {
      await update(id, 'ordered').set({ requestId }).where('attempt', '=', attempt).execute();
    },
    async settle(id, attempt, { state, outcome, requestId, at }) {
      const told = { state, requestId, outcome: JSON.stringify(outcome), notice: OUTCOME_TOLD };
      return (await settle(database, { id, attempt, ...told, at })).numAffectedRows === 1n;
    },
    async unsettled(orderedBefore, limit) {
      const rows = await database
        .selectFrom('resetFlow')
        .selectAll()
        .where('state', '=', 'ordered')
        .where('orderedAt', '<', orderedBefore)
        .orderBy('orderedAt')
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },
    async purge(startedBefore) {
      await database
        .deleteFrom('resetFlow')
        .where('startedAt', '<', startedBefore)
        .where('state', '!=', 'ordered')
        .execute();
    },
  };
}

const OUTCOME_TOLD = JSON.stringify({ kind: 'outcome' } satisfies Notice);

const findByCookie = compiledOnce((database, { cookieHash }: { cookieHash: string }) =>
  database.selectFrom('resetFlow').selectAll().where('cookieHash', '=', cookieHash),
);

const order = compiledOnce((database, values: { id: string; attempt: number; now: number }) =>
  database
    .updateTable('resetFlow')
    .set((row) => ({
      state: 'ordered',
      attempt: row('attempt', '+', 1),
      orderedAt: values.now,
      formerRequestId: row.ref('requestId'),
      requestId: null,
      outcome: null,
      notice: null,
      settledAt: null,
    }))
    .where('id', '=', values.id)
    .where('state', '=', 'choosing')
    .where('attempt', '=', values.attempt),
);

type Settled = Pick<ResetFlowTable, 'id' | 'attempt' | 'state' | 'requestId' | 'outcome' | 'notice'>;

const settle = compiledOnce((database, values: Settled & { at: number }) =>
  database
    .updateTable('resetFlow')
    .set({
      state: values.state,
      requestId: values.requestId,
      outcome: values.outcome,
      notice: values.notice,
      settledAt: values.at,
    })
    .where('id', '=', values.id)
    .where('state', '=', 'ordered')
    .where('attempt', '=', values.attempt),
);

function fromRow(row: ResetFlowTable): ResetFlow {
  return {
    ...row,
    notice: row.notice === null ? null : (JSON.parse(row.notice) as Notice),
    outcome: row.outcome === null ? null : (JSON.parse(row.outcome) as Outcome),
    policy: row.policy === null ? null : (JSON.parse(row.policy) as PersonPolicy),
  };
}
