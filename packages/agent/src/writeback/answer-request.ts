/** The answer to one request: into the journal and sealed onto its way, in the order that a crash in between allows. */
import type { DirectoryOutcome } from '@homeward/active-directory';
import { OPERATIONS } from '@homeward/protocol/operation';
import { OUTCOMES, type Outcome } from '@homeward/protocol/outcome';
import type { PersonPolicy } from '@homeward/protocol/policy';
import type { RequestBody } from '@homeward/protocol/request';
import { adviceFor } from '../advice/advice-for.ts';
import type { Arrived, Intent } from './journal.ts';
import { sealReply } from './sealed-frames.ts';
import type { ServeDeps } from './serve-deps.ts';

export type Answer = (
  told: DirectoryOutcome,
  more?: { event?: number; policy?: PersonPolicy | undefined; intended?: Intent | undefined },
) => Promise<void>;

/** @param request undefined where it could not be read */
export function answering(deps: ServeDeps, arrived: Arrived, request: RequestBody | undefined): Answer {
  const { journal, log, counts } = deps;
  return async (outcome, { event = eventOf(outcome, request), policy, intended } = {}) => {
    const { kind, diagnosis } = outcome;
    const { requestId, digest, isSealed } = arrived;
    // A replay leaves the entry of the true request as it is; a dry run wrote nothing that could be repeated.
    const isJournalled = kind !== 'replayed' && request?.operation !== 'dryRun';
    // Without an intent on disk a repeat would be carried out after it was answered.
    if (isJournalled && intended === undefined) journal.settle(arrived, { outcome, event });
    const reply = { outcome, event, ...(policy && { policy }) };
    deps.send(await sealReply(deps, arrived, isSealed ? digest : undefined, reply));
    // With one, the person need not wait for the disk: if the process dies in between, the intent is resolved by
    // evidence, and the cloud keeps the first answer.
    if (isJournalled && intended !== undefined) journal.settle(arrived, { outcome, event });
    if (kind === 'applied' && isJournalled) counts.applied += 1;
    const { operation, cloudAnchor: person } = request ?? {};
    const { evidence } = outcome;
    const fields = { event, requestId, operation, outcome: kind, person, diagnosis, evidence };
    if (kind === 'applied') log.info(fields, 'answered: applied');
    else log.warn({ ...fields, advice: adviceFor(outcome) }, `answered: ${kind}`);
  };
}

function eventOf({ kind }: Outcome, request: RequestBody | undefined): number {
  return OUTCOMES[kind].event ?? OPERATIONS[request?.operation ?? 'reset'].succeeded;
}
