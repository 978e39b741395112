import type { Evidence, Note } from '@homeward/protocol/outcome';
import type { Change } from 'ldapts';
import { PolicyHintsControl, wipePasswords } from './account-change.ts';
import { type AccountState, isLocked, type MarkerChoice, readAccountState } from './account-state.ts';
import { ConnectionFailure, outcomeOfFailure } from './connection-failure.ts';
import type { ControllerFacts } from './controller-facts.ts';
import type { Controllers } from './controllers.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { outcomeOfGuard, outcomeOfReason, reasonOfAnswer } from './directory-answer.ts';
import { ConnectionLost, LdapRefusal } from './errors.ts';
import { guardAccount } from './guard-account.ts';
import { guidDn } from './guid.ts';
import type { KeptEligibility } from './kept-eligibility.ts';
import { compareAndSetMarker } from './marker.ts';
import { type EvidenceBefore, evidenceBefore, isUsable, type Prepared } from './prepared.ts';
import { readEvidenceBehindWrite, readWriteEvidence, type WriteEvidence } from './read-evidence.ts';
import type { Session } from './session-pool.ts';
import type { Clock, Log } from './settings.ts';

/** A person, by the id that survives renames and moves. */
export type Target = { objectGuid: string };

/** The caller's own rules about a person; what it returns is the outcome. */
export type Permit = (account: Pick<AccountState, 'dn' | 'sid' | 'groups'>) => DirectoryOutcome | undefined;

export type WriteOptions = {
  /** asked immediately before the request leaves; false makes the outcome `expired` */
  stillValid?: () => boolean;
  /** asked when the person is known, right before the write */
  permit?: Permit;
  /** what was read ahead; read again where it is too old, or of another controller */
  prepared?: Prepared;
  /** the request is not sent before this has returned; if it throws, nothing was written and the fault goes on */
  onBeforeWrite?: (before: EvidenceBefore) => void | Promise<void>;
  /**
   * write this id into the fence attribute in the same modify, if it still has the value that was read. Without
   * `attribute` by the directory's settings: there may be no fence then
   */
  fence?: { attribute?: string; requestId: string };
};

/** One operation's own part of the pipeline below. */
export type AccountWrite = {
  operation: 'reset' | 'change' | 'unlock';
  mustChange: boolean;
  /** what to write, given what is there */
  changes(before: AccountState, facts: ControllerFacts): Change[];
  /** what has to follow in a modify of its own; false where it could not be done */
  afterwards?(before: AccountState, session: Session): Promise<boolean>;
  /** refuse by what this controller is, before anything is written */
  unfit?(before: AccountState, session: Session): Promise<DirectoryOutcome | undefined>;
  /** what the evidence shows to be wrong still; false where it could not be mended */
  mend?(after: WriteEvidence, session: Session): Promise<boolean>;
  notes(before: AccountState, after: WriteEvidence | undefined, facts: ControllerFacts): Note[];
  /** more than the numbers say: which rule, which right. `marker` names the fence attribute, if there was one */
  explain(
    session: Session,
    refusal: LdapRefusal,
    marker: string | undefined,
  ): Promise<DirectoryOutcome | undefined>;
};

export type WriteDeps = {
  controllers: Controllers;
  clock: Clock;
  log: Log;
  /** how writes that ask for a fence are fenced */
  marker: MarkerChoice | undefined;
  kept: KeptEligibility;
};

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
    return await deps.controllers.withWriter(async (session) => {
      const outcome = await writeAt(session, deps, target, write, options);
      if (outcome.kind !== 'applied') deps.kept.forget(target.objectGuid);
      return outcome;
    });
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
  const prepared = isUsable(options.prepared, session, target, write, deps.clock.now())
    ? options.prepared
    : undefined;
  const marker = options.fence && markerOf(options.fence.attribute, deps);
  const before = prepared?.state ?? (await readAccountState(connection, target.objectGuid, marker));
  const guarded = guardAccount(before, write.operation, deps.clock.now());
  if (guarded || !before) return outcomeOfGuard(guarded ?? 'noSuchAccount', facts.host);
  const unfit = prepared ? prepared.unfit : await write.unfit?.(before, session);
  const refused = unfit ?? options.permit?.(before);
  if (refused) return refused;
  const evidence = evidenceBefore(before, session);
  await options.onBeforeWrite?.(evidence);
  if (options.stillValid?.() === false) return outcomeOfReason('tooLate', { controller: facts.host });
  const fence = options.fence && before.markerAttribute;
  const changes = [
    ...(fence === undefined ? [] : compareAndSetMarker(fence, before.marker, options.fence?.requestId ?? '')),
    ...write.changes(before, facts),
  ];
  let reading: Promise<WriteEvidence | undefined> | undefined;
  try {
    const hints = write.operation === 'reset' && facts.policyHints;
    const controls = hints ? [new PolicyHintsControl(hints)] : [];
    const writing = connection.modify(guidDn(target.objectGuid), changes, controls);
    // On its way behind the write, so that its answer costs no round trip of its own.
    if (write.operation !== 'unlock')
      reading = readEvidenceBehindWrite(connection, target.objectGuid, before.dn).catch(() => undefined);
    await writing;
  } catch (error) {
    return await outcomeOfError(error, session, write, evidence);
  } finally {
    wipePasswords(changes);
  }
  const complete = (await write.afterwards?.(before, session)) ?? true;
  let after = await reading;
  // A controller may work on both at once ([RFC4511] section 3.1): what shows no write was read before it.
  if (connection.alive && (after === undefined || !hasMoved(before, after)))
    after = await readWriteEvidence(connection, target.objectGuid).catch(() => undefined);
  const mended = after === undefined || ((await write.mend?.(after, session)) ?? true);
  const unfinished = complete ? (mended ? undefined : 'notUnlocked') : 'mustChangeNotSet';
  return {
    kind: 'applied',
    notes: write.notes(before, after, facts),
    evidence: {
      ...shownEvidence(evidence),
      kind: 'answer',
      ...(after?.version === undefined ? {} : { versionAfter: after.version }),
      writtenAt: after?.writtenAt ?? deps.clock.now(),
    },
    ...(unfinished && { diagnosis: { reason: unfinished, controller: facts.host } }),
  };
}

function hasMoved(before: AccountState, { version }: WriteEvidence): boolean {
  return before.version !== undefined && version !== undefined && version > before.version;
}

async function outcomeOfError(
  error: unknown,
  session: Session,
  write: AccountWrite,
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
  const { markerAttribute } = evidence;
  const reason = reasonOfAnswer(error, markerAttribute !== undefined);
  if (reason === 'notBound') session.connection.close();
  const explained = await write.explain(session, error, markerAttribute).catch(() => undefined);
  if (explained) return explained;
  if (reason !== 'passwordRestriction') return outcomeOfReason(reason, { controller, refusal: error });
  return { kind: 'refusedByPolicy', refusal: { rules: [] }, evidence: { kind: 'answer' } };
}

/** Reads are refused where rights are missing even to see the person, or the controller is busy. */
function outcomeOfReadRefusal(error: LdapRefusal): DirectoryOutcome {
  const reason = reasonOfAnswer(error, false);
  return outcomeOfReason(reason === 'passwordRestriction' ? 'answerNotKnown' : reason, { refusal: error });
}

function shownEvidence(before: EvidenceBefore): Omit<Evidence, 'kind'> {
  const { versionBefore, invocationId } = before;
  return {
    ...(versionBefore === undefined ? {} : { versionBefore }),
    ...(invocationId === undefined ? {} : { invocationId }),
  };
}

/** By name where the caller names one, else by the directory's settings. */
export function markerOf(attribute: string | undefined, deps: WriteDeps): MarkerChoice | undefined {
  return attribute === undefined ? deps.marker : { attribute, ifWritable: false };
}

export function unlockedNote(before: AccountState, unlockToo: boolean): Note[] {
  return unlockToo && isLocked(before) ? ['unlocked'] : [];
}
