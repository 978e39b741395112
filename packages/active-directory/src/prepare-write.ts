import { readAccountState } from './account-state.ts';
import { ConnectionFailure, outcomeOfFailure } from './connection-failure.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { outcomeOfGuard, outcomeOfReason, reasonOfAnswer } from './directory-answer.ts';
import { LdapRefusal } from './errors.ts';
import { evidenceBefore, type Prepared, type PrepareRequest } from './prepared.ts';
import { type ResetDeps, unfitForReset } from './reset-password.ts';
import type { Session } from './session-pool.ts';
import type { Target } from './write-account.ts';

/** Only reads. What cannot be read is an outcome, which the write would have, too. */
export async function prepareWrite(
  deps: ResetDeps,
  target: Target,
  request: PrepareRequest,
): Promise<Prepared | DirectoryOutcome> {
  try {
    return await deps.controllers.withWriter((session) => prepareAt(session, deps, target, request));
  } catch (error) {
    if (error instanceof ConnectionFailure) return outcomeOfFailure(error);
    if (!(error instanceof LdapRefusal)) throw error;
    const reason = reasonOfAnswer(error, false);
    return outcomeOfReason(reason === 'passwordRestriction' ? 'answerNotKnown' : reason, { refusal: error });
  }
}

async function prepareAt(
  session: Session,
  deps: ResetDeps,
  target: Target,
  request: PrepareRequest,
): Promise<Prepared | DirectoryOutcome> {
  const readAt = deps.clock.now();
  const marker = request.fence ? deps.marker : undefined;
  const kept = deps.kept.of(target.objectGuid, readAt);
  const state = await readAccountState(session.connection, target.objectGuid, marker, kept);
  if (!state) return outcomeOfGuard('noSuchAccount', session.facts.host);
  const unfit =
    request.operation === 'reset'
      ? await unfitForReset(deps, target, request.mustChange ?? false, state, session)
      : undefined;
  return {
    kind: 'prepared',
    evidence: evidenceBefore(state, session),
    readAt,
    target,
    request,
    state,
    unfit,
  };
}
