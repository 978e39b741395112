import type { ResetFlow } from './flow.ts';
import { settleReset } from './order-reset.ts';
import type { ResetDeps } from './reset-deps.ts';

/** After its deadline and this, an order of which nobody knows anything is settled as unknown. */
const GRACE = 60_000;
const AT_ONCE = 200;

/** Asks for the answers that came late, so that they are written down and mailed although nobody looks. */
export async function resolvePending(deps: ResetDeps): Promise<void> {
  const waiting = await deps.store.flows.unsettled(deps.clock() - deps.timings.answerSeconds * 1000, AT_ONCE);
  for (const flow of waiting) await resolveFlow(deps, flow);
}

/** Settles an ordered flow if its answer is known by now. Never guesses: what nobody knows becomes `unknown`. */
export async function resolveFlow(deps: ResetDeps, flow: ResetFlow): Promise<void> {
  const { writeback, clock, timings } = deps;
  const known = await lookUp(deps, flow);
  if (known) return settleReset(deps, flow, known.requestId, known.outcome);
  const givenUpAt = (flow.orderedAt ?? 0) + timings.orderSeconds * 1000 + GRACE;
  if (clock() < givenUpAt || !(await writeback.isUp(flow.tenantId))) return;
  await settleReset(deps, flow, flow.requestId, { kind: 'unknown' });
}

async function lookUp({ writeback }: ResetDeps, { id, requestId }: ResetFlow) {
  if (requestId === null) return writeback.findByFlow?.(id);
  const outcome = await writeback.find(requestId);
  return outcome && { requestId, outcome };
}
