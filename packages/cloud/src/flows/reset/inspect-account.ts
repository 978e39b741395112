/**
 * Right after the gates, before anybody thinks of a password: whether the directory would take one for this
 * account at all, and which rules it has. What cannot be asked now is asked by the order itself.
 */
import type { OutcomeKind } from '@homeward/protocol/outcome';
import type { ResetFlow } from './flow.ts';
import type { ResetDeps } from './reset-deps.ts';

/** ms that a person who has just proven the code waits for the rules */
const PATIENCE = 2_500;

/** Another try in this flow, or the order itself, may still end well. */
const GOES_ON: ReadonlySet<OutcomeKind> = new Set<OutcomeKind>([
  'applied',
  'refusedByPolicy',
  'directoryUnreachable',
  'expired',
  'notStarted',
  'unknown',
  'agentFault',
  'undecryptable',
]);

export async function inspectAccount(
  deps: ResetDeps,
  flow: Pick<ResetFlow, 'id' | 'tenantId'>,
): Promise<void> {
  const { store, writeback, clock, log } = deps;
  const proven = await store.flows.byId(flow.id);
  if (proven?.state !== 'choosing' || proven.personId === null || !writeback.inspect) return;
  const personId = proven.personId;
  const { outcome, policy } = await writeback.inspect({ flowId: flow.id, personId, patience: PATIENCE });
  if (policy !== undefined) await store.flows.keepPolicy(flow.id, policy);
  if (outcome.kind === 'pending' || GOES_ON.has(outcome.kind)) return;
  const at = clock();
  log.info({ flowId: flow.id, outcome: outcome.kind }, 'this account cannot be reset here');
  await store.transaction(async ({ flows, audit }) => {
    if (!(await flows.giveUp(flow.id, outcome, at))) return;
    const audited = { tenantId: flow.tenantId, at, flowId: flow.id, personId, actorId: personId };
    await audit.append({ ...audited, activity: 'resetPassword', result: outcome.kind });
  });
}
