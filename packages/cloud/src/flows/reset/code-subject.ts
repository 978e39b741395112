import type { CodeSubject } from '../../verify/email-code/send-codes.ts';
import type { ResetDeps } from './reset-deps.ts';
import { isOver } from './steps.ts';

/** What the code sender needs to know of a flow that still waits for its code. */
export async function codeSubjectOf(
  { store, secrets, clock }: Pick<ResetDeps, 'store' | 'secrets' | 'clock'>,
  flowId: string,
): Promise<CodeSubject | undefined> {
  const flow = await store.flows.byId(flowId);
  if (flow?.state !== 'proving' || flow.typed === null || isOver(flow, clock())) return undefined;
  const typed = secrets.unseal('typed-user-id', flow.id, flow.typed).toString('utf8');
  return { tenantId: flow.tenantId, typed, clientAddress: flow.clientAddress };
}
