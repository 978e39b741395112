import { setTimeout as delay } from 'node:timers/promises';
import type { Password } from '@homeward/protocol/password';
import { CONTROL, hasControl, readAccountState } from './account-state.ts';
import { ConnectionFailure } from './connection-failure.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { outcomeOfReason, reasonOfAnswer } from './directory-answer.ts';
import { textOf } from './entry.ts';
import { LdapRefusal } from './errors.ts';
import { guidDn } from './guid.ts';
import { compareAndSetMarker, fencedId } from './marker.ts';
import type { EvidenceBefore } from './prepared.ts';
import { readWriteEvidence, type WriteEvidence } from './read-evidence.ts';
import { requireChange } from './require-change.ts';
import { resolveElsewhere } from './resolve-write-elsewhere.ts';
import { applied, evidenceOf, notApplied, notNow, unknown } from './resolve-write-outcomes.ts';
import { unlockWhereSent } from './resolve-write-unlock.ts';
import type { Session } from './session-pool.ts';
import type { PasswordVerdict } from './try-password.ts';
import type { Target, WriteDeps } from './write-account.ts';

/** A write whose answer was lost, as the journal knows it. */
export type LostWrite = {
  target: Target;
  operation: 'reset' | 'change' | 'unlock';
  before: EvidenceBefore;
  /** as it was sent; then the directory itself can tell, at once and for good */
  fence?: { attribute: string; requestId: string };
  /** Unix ms: the last moment at which the connection that carried it can have been open */
  sentAt: number;
  /** Unix ms: no earlier and no later write is this one, as another controller has it */
  sentBetween?: { from: number; until: number };
  /** was asked for: is made true where the password turns out to be written and the flag is not */
  mustChange?: boolean;
  /** the new password, if it is still at hand */
  password?: Password;
  /** ends the waiting; the outcome is then `unknown` */
  signal?: AbortSignal;
};

export type ResolveDeps = WriteDeps & {
  tryPassword: (session: Session, target: Target, password: Password) => Promise<PasswordVerdict>;
};

/**
 * Finds out what became of a lost write; never sends it again. With a fence there is nothing to wait for.
 * Without one the version of `unicodePwd` is read late, because a controller finishes what it has received: a
 * read right after the loss says "unchanged" of writes that land later. This is a bound, not a proof.
 * Where the controller is away, or its database is another one now, others may have the write by replication.
 */
export async function resolveWrite(deps: ResolveDeps, lost: LostWrite): Promise<DirectoryOutcome> {
  try {
    const { controller } = lost.before;
    const outcome = await resolveWhereSent(deps, lost);
    const isOpen = outcome.kind === 'unknown' && outcome.diagnosis !== undefined;
    const told = isOpen
      ? ((await resolveElsewhere(deps, lost)) ?? { outcome, controller })
      : { outcome, controller };
    return lost.mustChange ? await withMustChange(deps, lost, told) : told.outcome;
  } catch (error) {
    if (error instanceof ConnectionFailure) return notNow(lost, error.reason, error.controller);
    if (error instanceof Error && error.name === 'AbortError') return unknown(lost, 'none');
    throw error;
  }
}

async function resolveWhereSent(deps: ResolveDeps, lost: LostWrite): Promise<DirectoryOutcome> {
  try {
    return lost.fence ? await resolveByFence(deps, lost, lost.fence) : await resolveByVersion(deps, lost);
  } catch (error) {
    if (error instanceof ConnectionFailure) return notNow(lost, error.reason, error.controller);
    throw error;
  }
}

async function resolveByVersion(deps: ResolveDeps, lost: LostWrite): Promise<DirectoryOutcome> {
  const { controller } = lost.before;
  await deps.controllers.withController(controller, ({ connection }) => connection.read('', ['dnsHostName']));
  await waitForStragglers(deps, lost, deps.clock.now());
  return deps.controllers.withController(controller, (session) => resolveAt(session, deps, lost));
}

/** Two modifies on some directories (`require-change.ts`), of which the loss can have kept the second. */
async function withMustChange(
  deps: ResolveDeps,
  lost: LostWrite,
  { outcome, controller }: { outcome: DirectoryOutcome; controller: string },
): Promise<DirectoryOutcome> {
  const { versionBefore } = lost.before;
  if (outcome.kind !== 'applied' || outcome.evidence?.versionAfter !== (versionBefore ?? 0) + 1)
    return outcome;
  const { objectGuid } = lost.target;
  const state = await deps.controllers.withController(controller, ({ connection }) =>
    readAccountState(connection, objectGuid),
  );
  if (!state || state.pwdLastSet === 0n || hasControl(state, CONTROL.neverExpires)) return outcome;
  if (await requireChange(deps, controller, lost.target)) return outcome;
  return { ...outcome, diagnosis: { reason: 'mustChangeNotSet', controller } };
}

/**
 * Twice the limit of the write since it was sent, and once since the controller was seen alive: one that was
 * frozen, process or machine, takes up where it was.
 */
async function waitForStragglers(deps: ResolveDeps, lost: LostWrite, aliveAt: number): Promise<void> {
  const { write } = deps.controllers.limits;
  const left = Math.max(lost.sentAt + 2 * write, aliveAt + write) - deps.clock.now();
  if (left > 0) await delay(left, undefined, lost.signal ? { signal: lost.signal } : {});
}

async function resolveAt(session: Session, deps: ResolveDeps, lost: LostWrite): Promise<DirectoryOutcome> {
  if (!isSameDatabase(session, lost)) return anotherDatabase(session, lost);
  const after = await readWriteEvidence(session.connection, lost.target.objectGuid);
  if (!after) return outcomeOfReason('noSuchAccount', { controller: session.facts.host });
  if (lost.operation === 'unlock') return unlockWhereSent(lost, after);
  const { version } = after;
  const { versionBefore } = lost.before;
  if (version === undefined || versionBefore === undefined) return unknown(lost, 'none', after);
  if (version === versionBefore) return notApplied(lost, after);
  const once = version === versionBefore + 1;
  if (!lost.password) {
    const likely = once && after.origin === session.facts.invocationId;
    return unknown(lost, likely ? 'likely' : 'none', after);
  }
  return resolveByBind(await deps.tryPassword(session, lost.target, lost.password), once, lost, after);
}

function isSameDatabase({ facts }: Session, { before }: LostWrite): boolean {
  return before.invocationId !== undefined && before.invocationId === facts.invocationId;
}

/** Restored from a backup, or another controller under the same name: its versions are not comparable. */
function anotherDatabase({ facts }: Session, lost: LostWrite): DirectoryOutcome {
  // Without an id there is nothing that could ever be found to be the same again.
  return lost.before.invocationId === undefined
    ? unknown(lost, 'none')
    : notNow(lost, 'anotherDatabase', facts.host);
}

async function resolveByFence(
  deps: ResolveDeps,
  lost: LostWrite,
  fence: { attribute: string; requestId: string },
): Promise<DirectoryOutcome> {
  const refusal = await deps.controllers.withController(lost.before.controller, async (session) => {
    if (!isSameDatabase(session, lost)) return anotherDatabase(session, lost);
    const stopped = await stopByFence(session, lost, fence);
    return stopped instanceof LdapRefusal ? stopped : readFence(session, lost, fence, stopped);
  });
  if (!(refusal instanceof LdapRefusal)) return refusal;
  const reason = reasonOfAnswer(refusal, true);
  if (reason === 'objectGone')
    return outcomeOfReason(reason, { controller: lost.before.controller, refusal });
  const passing = reason === 'controllerBusy' || reason === 'notBound';
  if (passing) return notNow(lost, reason, lost.before.controller);
  // The fence cannot be written any more, so it tells nothing about the write that was lost.
  return resolveByVersion(deps, lost);
}

async function stopByFence(
  { connection }: Session,
  lost: LostWrite,
  fence: { attribute: string; requestId: string },
): Promise<'stopped' | 'moved' | LdapRefusal> {
  const stop = compareAndSetMarker(fence.attribute, lost.before.markerBefore, fencedId(fence.requestId));
  try {
    await connection.modify(guidDn(lost.target.objectGuid), stop);
    return 'stopped';
  } catch (error) {
    if (!(error instanceof LdapRefusal)) throw error;
    return reasonOfAnswer(error, true) === 'markerMoved' ? 'moved' : error;
  }
}

async function readFence(
  { connection }: Session,
  lost: LostWrite,
  fence: { attribute: string; requestId: string },
  seen: 'stopped' | 'moved',
): Promise<DirectoryOutcome> {
  const after = await readWriteEvidence(connection, lost.target.objectGuid);
  if (seen === 'stopped') return notApplied(lost, after, 'fence');
  const entry = await connection.read(guidDn(lost.target.objectGuid), [fence.attribute]);
  const marker = entry && textOf(entry, fence.attribute);
  if (marker === fence.requestId) return applied(lost, 'fence', after);
  if (marker === fencedId(fence.requestId)) return notApplied(lost, after, 'fence');
  return { kind: 'superseded', evidence: evidenceOf(lost, 'fence', after) };
}

/**
 * The previous password is accepted for an hour as well, so after more than one write an accepted bind does not
 * say which of them was last.
 */
function resolveByBind(
  verdict: PasswordVerdict,
  once: boolean,
  lost: LostWrite,
  after: WriteEvidence,
): DirectoryOutcome {
  if (verdict === 'locked' || verdict === 'noSuchAccount')
    return unknown(lost, once ? 'likely' : 'none', after);
  if (verdict !== 'refused') return once ? applied(lost, 'bind', after) : unknown(lost, 'likely', after);
  return once
    ? notApplied(lost, after, 'bind')
    : { kind: 'superseded', evidence: evidenceOf(lost, 'bind', after) };
}
