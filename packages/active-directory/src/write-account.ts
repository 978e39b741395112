import type { Evidence, Note } from '@homeward/protocol/outcome';
import type { Change } from 'ldapts';
import { PolicyHintsControl, wipePasswords } from './account-change.ts';
import { type AccountState, isLocked, readAccountState } from './account-state.ts';
import { ConnectionFailure, outcomeOfFailure } from './connection-failure.ts';
import type { ControllerFacts } from './controller-facts.ts';
import type { Controllers } from './controllers.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { outcomeOfGuard, outcomeOfReason, reasonOfAnswer } from './directory-answer.ts';
import { ConnectionLost, LdapRefusal } from './errors.ts';
import { guardAccount } from './guard-account.ts';
import { guidDn } from './guid.ts';
import { compareAndSetMarker } from './marker.ts';
import { readWriteEvidence, type WriteEvidence } from './read-evidence.ts';
import type { Session } from './session-pool.ts';
import type { Clock, Log } from './settings.ts';

/** A person, by the id that survives renames and moves. */
export type Target = { objectGuid: string };

/** What is known right before the write: for the journal, so that a lost answer can be resolved later. */
export type EvidenceBefore = {
  controller: string;
  invocationId?: string;
  versionBefore?: number;
  markerBefore?: string;
};

export type WriteOptions = {
  /** asked immediately before the request leaves; false makes the outcome `expired` */
  stillValid?: () => boolean;
  /** the request is not sent before this has returned; if it throws, nothing was written and the fault goes on */
  onBeforeWrite?: (before: EvidenceBefore) => void | Promise<void>;
  /** write this id into the fence attribute in the same modify, if it still has the value that was read */
  fence?: { attribute: string; requestId: string };
};

/** One operation's own part of the pipeline below. */
export type AccountWrite = {
  operation: 'reset' | 'change' | 'unlock';
  /** what to write, given what is there */
  changes(before: AccountState, facts: ControllerFacts): Change[];
  /** what has to follow in a modify of its own; false where it could not be done */
  afterwards?(before: AccountState, session: Session): Promise<boolean>;
  /** refuse by what this controller is, before anything is written */
  unfit?(before: AccountState, session: Session): Promise<DirectoryOutcome | undefined>;
  notes(before: AccountState, after: WriteEvidence | undefined, facts: ControllerFacts): Note[];
  /** more than the numbers say: which rule, which right */
  explain(session: Session, refusal: LdapRefusal): Promise<DirectoryOutcome | undefined>;
};

export type WriteDeps = { controllers: Controllers; clock: Clock; log: Log };

/**
 * Read, guard, journal, one modify, evidence: the way of every write. Results are outcomes; faults are thrown.
 * A modify is sent once. If its answer is lost the outcome is `unknown`, and `resolve-write.ts` finds out.
 */
export async function writeAccount(
  deps: WriteDeps,
  target: Target,
  write: AccountWrite,
  options: WriteOptions,
): Promise<DirectoryOutcome> {
  try {
    return await deps.controllers.withWriter((session) => writeAt(session, deps, target, write, options));
  } catch (error) {
    if (error instanceof ConnectionFailure) return outcomeOfFailure(error);
    if (error instanceof LdapRefusal) return outcomeOfReadRefusal(error);
    throw error;
  }
}

async function writeAt(
  session: Session,
  deps: WriteDeps,
  target: Target,
  write: AccountWrite,
  options: WriteOptions,
): Promise<DirectoryOutcome> {
  const { connection, facts } = session;
  const before = await readAccountState(connection, target.objectGuid, options.fence?.attribute);
  const guarded = guardAccount(before, write.operation, deps.clock.now());
  if (guarded || !before) return outcomeOfGuard(guarded ?? 'noSuchAccount', facts.host);
  const unfit = await write.unfit?.(before, session);
  if (unfit) return unfit;
  const evidence = evidenceBefore(before, session);
  await options.onBeforeWrite?.(evidence);
  if (options.stillValid?.() === false) return outcomeOfReason('tooLate', { controller: facts.host });
  const { fence } = options;
  const changes = [
    ...(fence ? compareAndSetMarker(fence.attribute, before.marker, fence.requestId) : []),
    ...write.changes(before, facts),
  ];
  try {
    const hints = write.operation === 'reset' && facts.policyHints;
    await connection.modify(guidDn(target.objectGuid), changes, hints ? [new PolicyHintsControl(hints)] : []);
  } catch (error) {
    return await outcomeOfError(error, session, write, options, evidence);
  } finally {
    wipePasswords(changes);
  }
  const complete = (await write.afterwards?.(before, session)) ?? true;
  const after = await readWriteEvidence(connection, target.objectGuid).catch(() => undefined);
  return {
    kind: 'applied',
    notes: write.notes(before, after, facts),
    evidence: {
      ...shownEvidence(evidence),
      kind: 'answer',
      ...(after?.version === undefined ? {} : { versionAfter: after.version }),
      writtenAt: after?.writtenAt ?? deps.clock.now(),
    },
    ...(complete ? {} : { diagnosis: { reason: 'mustChangeNotSet', controller: facts.host } }),
  };
}

async function outcomeOfError(
  error: unknown,
  session: Session,
  write: AccountWrite,
  options: WriteOptions,
  evidence: EvidenceBefore,
): Promise<DirectoryOutcome> {
  const controller = session.facts.host;
  if (error instanceof ConnectionLost) {
    session.connection.close();
    if (!error.sent) return outcomeOfFailure(new ConnectionFailure('connectionEnded', controller, error));
    return {
      ...outcomeOfReason('noAnswer', { controller }),
      evidence: { ...shownEvidence(evidence), kind: 'none' },
    };
  }
  if (!(error instanceof LdapRefusal)) throw error;
  const reason = reasonOfAnswer(error, options.fence !== undefined);
  if (reason === 'notBound') session.connection.close();
  const explained = await write.explain(session, error).catch(() => undefined);
  if (explained) return explained;
  if (reason !== 'passwordRestriction') return outcomeOfReason(reason, { controller, refusal: error });
  return { kind: 'refusedByPolicy', refusal: { rules: [] }, evidence: { kind: 'answer' } };
}

/** Reads are refused where rights are missing even to see the person, or the controller is busy. */
function outcomeOfReadRefusal(error: LdapRefusal): DirectoryOutcome {
  const reason = reasonOfAnswer(error, false);
  return outcomeOfReason(reason === 'passwordRestriction' ? 'answerNotKnown' : reason, { refusal: error });
}

function evidenceBefore(before: AccountState, { connection, facts }: Session): EvidenceBefore {
  return {
    controller: connection.endpoint.host,
    ...(facts.invocationId === undefined ? {} : { invocationId: facts.invocationId }),
    ...(before.version === undefined ? {} : { versionBefore: before.version }),
    ...(before.marker === undefined ? {} : { markerBefore: before.marker }),
  };
}

function shownEvidence(before: EvidenceBefore): Omit<Evidence, 'kind'> {
  const { versionBefore, invocationId } = before;
  return {
    ...(versionBefore === undefined ? {} : { versionBefore }),
    ...(invocationId === undefined ? {} : { invocationId }),
  };
}

export function unlockedNote(before: AccountState, unlockToo: boolean): Note[] {
  return unlockToo && isLocked(before) ? ['unlocked'] : [];
}
