/**
 * What became of a lost unlock, by `lockoutTime`: its value, and its own last write in `replPropertyMetaData`. An
 * unlock is the same whoever wrote it, so nothing else has to be told apart.
 */
import { type AttributeMetadata, parseAttributeMetadata } from './attribute-metadata.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { bytesOf, largeIntegerOf } from './entry.ts';
import { filetimeToUnix } from './filetime.ts';
import { guidDn } from './guid.ts';
import type { LdapConnection } from './ldap-connection.ts';
import type { WriteEvidence } from './read-evidence.ts';
import type { LostWrite } from './resolve-write.ts';
import { applied, evidenceOf, notApplied } from './resolve-write-outcomes.ts';
import { timeSeen } from './resolve-write-window.ts';

/** Attribute id of `lockoutTime`, 1.2.840.113556.1.4.662, in every forest: see UNICODE_PWD_ATTID. */
export const LOCKOUT_TIME_ATTID = 0x90296;

/** `written`: undefined where it was never locked, or where its metadata may not be read. */
export type SeenLock = {
  lockoutTime: bigint;
  written: Pick<AttributeMetadata, 'at' | 'controller'> | undefined;
};

/** @returns undefined where the person is not there */
export async function readLock(
  connection: LdapConnection,
  objectGuid: string,
): Promise<SeenLock | undefined> {
  const entry = await connection.read(guidDn(objectGuid), ['replPropertyMetaData', 'lockoutTime']);
  if (entry === undefined) return undefined;
  const vector = bytesOf(entry, 'replPropertyMetaData');
  const [written] = vector ? parseAttributeMetadata(vector, LOCKOUT_TIME_ATTID) : [];
  return { lockoutTime: largeIntegerOf(entry, 'lockoutTime') ?? 0n, written };
}

/** Where it was sent, when what was under way there has ended. A lock bears its own time. */
export function unlockWhereSent(lost: LostWrite, after: WriteEvidence): DirectoryOutcome {
  if (after.lockoutTime === 0n) return applied(lost, 'answer', after);
  const sent = lost.sentBetween ?? { from: lost.sentAt, until: lost.sentAt };
  // Locked anew: the lock that was to go may have gone before.
  const isNew = timeSeen(filetimeToUnix(after.lockoutTime), sent) === 'after';
  return isNew
    ? { kind: 'superseded', evidence: evidenceOf(lost, 'version', after) }
    : notApplied(lost, after);
}

/**
 * As another controller has it. An account that is not locked there proves nothing: the lock itself may not have
 * replicated. Who wrote the zero, and when, does: at the controller that this one was sent to, within the tolerance of
 * the clocks, it is as good as this one, whoever sent it; any later one ends the question, too.
 * @returns undefined where nothing was learned
 */
export function unlockElsewhere(lost: LostWrite, seen: SeenLock | undefined): DirectoryOutcome | undefined {
  const { sentBetween, before } = lost;
  if (sentBetween === undefined || seen?.written === undefined || seen.lockoutTime !== 0n) return undefined;
  const { at, controller } = seen.written;
  const when = timeSeen(at, sentBetween);
  const { invocationId } = before;
  const evidence = {
    kind: 'version',
    writtenAt: at,
    ...(invocationId !== undefined && { invocationId }),
  } as const;
  if (when === 'then' && controller === invocationId) return { kind: 'applied', evidence };
  const isLater = when === 'after' || (when === 'then' && at >= sentBetween.from);
  return isLater ? { kind: 'superseded', evidence } : undefined;
}
