/**
 * From a chosen password to what became of it. The row is the truth: it says `ordered` before anything leaves, and
 * is settled once, whoever brings the answer: this request, the page that asks again, or the resolver.
 */
import { newId } from '@homeward/protocol/id';
import { OUTCOMES, type Outcome, type OutcomeKind } from '@homeward/protocol/outcome';
import type { Password } from '@homeward/protocol/password';
import type { ResetNewsKind } from '../../mail/outbox-store.ts';
import type { Stores } from '../../store/store.ts';
import { accountKeyOf } from '../../verify/email-code/keys.ts';
import type { ResetFlow } from './flow.ts';
import type { ResetDeps } from './reset-deps.ts';
import type { Pending, SealedPassword } from './writeback.ts';

/** As it was typed, from a browser without script; or sealed there. */
export type Submitted = { password: Password } | { sealed: SealedPassword };

/** After these nobody can say that the password is still the old one. */
const MAYBE_CHANGED: ReadonlySet<OutcomeKind> = new Set<OutcomeKind>(['unknown', 'replayed', 'superseded']);

/** Orders at most once for a flow in `choosing`; of two requests at once the second one orders nothing. Returns
 * when the outcome is known, or when the person has waited long enough: then it goes on behind the page. */
export async function orderReset(
  deps: ResetDeps,
  flow: ResetFlow,
  submitted: Submitted,
  clientAddress: string,
): Promise<void> {
  const { promise: waitedLongEnough, resolve } = Promise.withResolvers<void>();
  const patience = setTimeout(resolve, deps.timings.answerSeconds * 1000);
  const answered = carryOut(deps, flow, submitted, clientAddress)
    .catch((error) => deps.log.error({ err: error, flowId: flow.id }, 'an order broke; its end is not known'))
    .finally(() => clearTimeout(patience));
  await Promise.race([answered, waitedLongEnough]);
}

async function carryOut(
  deps: ResetDeps,
  flow: ResetFlow,
  submitted: Submitted,
  clientAddress: string,
): Promise<void> {
  const { store, clock, timings, writeback } = deps;
  const now = clock();
  const personId = flow.personId ?? '';
  const ordered = { ...flow, attempt: flow.attempt + 1 };
  const place = (stores: Stores) => placeOrder(stores, flow, now, clientAddress);
  let placed = false;
  let settled: Settled | undefined;
  const nothingSent = { requestId: newId(), outcome: { kind: 'notStarted' } as const };
  const { requestId, outcome } = await writeback
    .order({
      ...{ operation: 'reset', flowId: flow.id, personId, actorId: personId, ...submitted },
      deadline: now + timings.orderSeconds * 1000,
      granting: async (transaction) => {
        placed = await place(store.within(transaction));
        return placed;
      },
      settling: async (transaction, id, end) => {
        settled = { requestId: id, outcome: end };
        await settleWithin(deps, store.within(transaction), ordered, settled, { late: false });
      },
    })
    .catch((error: unknown) => {
      if (placed) throw error;
      deps.log.error({ err: error, flowId: flow.id }, 'an order broke before anything was sent');
      return nothingSent;
    });
  if (!placed) {
    // Pending without a grant: another order of this flow was first, and its end is told.
    if (outcome.kind === 'pending' || !(await store.transaction(place))) return;
  }
  if (settled === undefined) return settleReset(deps, ordered, { requestId, outcome }, { late: false });
  if (outcome.kind === 'applied') deps.wakeOutbox();
}

/** choosing → ordered. @returns false where another order of this flow was first */
async function placeOrder(
  { flows, audit }: Pick<Stores, 'flows' | 'audit'>,
  flow: ResetFlow,
  now: number,
  clientAddress: string,
): Promise<boolean> {
  if (!(await flows.order(flow.id, flow.attempt, now))) return false;
  await audit.append({
    tenantId: flow.tenantId,
    at: now,
    activity: 'resetFlowProgress',
    result: 'passwordSubmitted',
    personId: flow.personId,
    actorId: flow.personId,
    flowId: flow.id,
    clientAddress,
  });
  return true;
}

/**
 * Writes down what became of an attempt, with all that follows from it, in one transaction.
 * @param late the person was told that it is not known yet, and may have left the page
 */
export async function settleReset(
  deps: ResetDeps,
  flow: ResetFlow,
  { requestId, outcome }: { requestId: string | null; outcome: Outcome | Pending },
  { late }: { late: boolean },
): Promise<void> {
  if (outcome.kind === 'pending') {
    if (requestId !== null) await deps.store.flows.nameRequest(flow.id, flow.attempt, requestId);
    return;
  }
  await deps.store.transaction((stores) =>
    settleWithin(deps, stores, flow, { requestId, outcome }, { late }),
  );
  if (late || outcome.kind === 'applied') deps.wakeOutbox();
}

type Settled = { requestId: string | null; outcome: Outcome };

async function settleWithin(
  { clock, secrets }: ResetDeps,
  { flows, audit, outbox, throttle }: Pick<Stores, 'flows' | 'audit' | 'outbox' | 'throttle'>,
  flow: ResetFlow,
  { requestId, outcome }: Settled,
  { late }: { late: boolean },
): Promise<void> {
  const now = clock();
  const { id: flowId, tenantId, attempt, clientAddress } = flow;
  const personId = flow.personId ?? '';
  const applied = outcome.kind === 'applied';
  const state = applied ? 'done' : mayTryAgain(outcome) ? 'choosing' : 'failed';
  if (!(await flows.settle(flowId, attempt, { state, outcome, requestId, at: now }))) return;
  await audit.append({
    tenantId,
    at: now,
    activity: 'resetPassword',
    result: outcome.kind,
    personId,
    actorId: personId,
    flowId,
    requestId,
    clientAddress,
  });
  if (applied || late)
    await outbox.add({ tenantId, personId, kind: newsOf(outcome), flowId, happenedAt: now });
  if (applied) await throttle.clear([flow.identifierKey, accountKeyOf(secrets, personId)]);
}

function newsOf({ kind }: Outcome): ResetNewsKind {
  if (kind === 'applied') return 'passwordReset';
  return MAYBE_CHANGED.has(kind) ? 'resetUnknown' : 'resetNotDone';
}

/** Whether the same flow may order again after this outcome. */
function mayTryAgain(outcome: Outcome): boolean {
  // Unknown may have been applied: a second order on top of it would blur what holds.
  return outcome.kind !== 'unknown' && OUTCOMES[outcome.kind].retry !== 'never';
}
