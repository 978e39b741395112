import type { Outcome } from '@homeward/protocol/outcome';
import type { ResetFlow } from './flow.ts';
import { settleReset } from './order-reset.ts';
import type { ResetDeps } from './reset-deps.ts';
import type { Pending } from './writeback.ts';

/** So long after its deadline an order that nobody knows is given up. */
const GRACE = 60_000;
const AT_ONCE = 200;

/** Asks for the answers that came late, so that they are written down and mailed although nobody looks. */
export async function resolvePending(deps: ResetDeps): Promise<void> {
  const patience = deps.timings.answerSeconds * 1000;
  for (const flow of await deps.store.flows.unsettled(deps.clock() - patience, AT_ONCE)) {
    await resolveFlow(deps, flow).catch((error) => {
      deps.log.error(
        { err: error, flowId: flow.id },
        'a late answer could not be settled; it will be tried again',
      );
    });
  }
}

/** Settles an ordered flow if its end is known by now. Never guesses. */
export async function resolveFlow(deps: ResetDeps, flow: ResetFlow): Promise<void> {
  const known = (await lookUp(deps, flow)) ?? endOfUnknown(deps, flow);
  // Somebody waits for it still: a second page must not say that it is late before it is.
  if (known?.outcome.kind === 'pending' && isUnderWay(deps, flow)) return;
  // A request that is named in the row was told as "not known yet": whoever read that is owed the end of it.
  if (known) await settleReset(deps, flow, known, { late: flow.requestId !== null });
}

/** Ordered, and its answer may well come while a page waits for it. */
export function isUnderWay({ clock, timings }: ResetDeps, { orderedAt, requestId }: ResetFlow): boolean {
  return requestId === null && clock() - (orderedAt ?? 0) < timings.answerSeconds * 1000;
}

type Known = { requestId: string | null; outcome: Outcome | Pending };

async function lookUp({ writeback }: ResetDeps, flow: ResetFlow): Promise<Known | undefined> {
  if (flow.requestId !== null) {
    const outcome = await writeback.find(flow.requestId);
    return outcome && { requestId: flow.requestId, outcome };
  }
  const newest = await writeback.findByFlow(flow.id);
  return newest?.requestId === flow.formerRequestId ? undefined : newest;
}

/**
 * A request is recorded before a byte of it leaves. So where there is no record, and nobody can be about to make
 * one, nothing was sent. A record that is gone is another matter: then nobody knows.
 */
function endOfUnknown({ clock, timings, since }: ResetDeps, flow: ResetFlow): Known | undefined {
  const orderedAt = flow.orderedAt ?? 0;
  const givenUp = clock() > orderedAt + timings.orderSeconds * 1000 + GRACE;
  if (flow.requestId !== null) {
    return givenUp ? { requestId: flow.requestId, outcome: { kind: 'unknown' } } : undefined;
  }
  return givenUp || orderedAt < since ? { requestId: null, outcome: { kind: 'notStarted' } } : undefined;
}
