/**
 * A lost write whose controller stays away, as the controller that takes writes now has it by replication. What is
 * there proves that it was written. What is not there proves nothing: the first controller may have written it and
 * replicate it when it is back, so "not written" is never concluded here.
 */
import type { Password } from '@homeward/protocol/password';
import { ConnectionFailure } from './connection-failure.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { textOf } from './entry.ts';
import { LdapRefusal } from './errors.ts';
import { guidDn } from './guid.ts';
import { fencedId } from './marker.ts';
import { readWriteEvidence, type WriteEvidence } from './read-evidence.ts';
import type { LostWrite, ResolveDeps } from './resolve-write.ts';
import { applied, notApplied, unknown } from './resolve-write-outcomes.ts';
import { readLock, unlockElsewhere } from './resolve-write-unlock.ts';
import { timeSeen } from './resolve-write-window.ts';
import type { Session } from './session-pool.ts';

/** `after`: undefined where the person is not there. */
export type SeenElsewhere = { after: WriteEvidence | undefined; marker: string | undefined };

/** Asked again and again while the controller is away: each bind with a wrong password counts against the person. */
const refused = new WeakSet<Password>();

/** @returns undefined where nothing was learned, also because no other controller answers */
export async function resolveElsewhere(
  deps: ResolveDeps,
  lost: LostWrite,
): Promise<{ outcome: DirectoryOutcome; controller: string } | undefined> {
  try {
    return await deps.controllers.withWriter(async (session) => {
      const { invocationId } = session.facts;
      if (invocationId !== undefined && invocationId === lost.before.invocationId) return undefined;
      const outcome = await askAt(session, deps, lost);
      return outcome && { outcome, controller: session.connection.endpoint.host };
    });
  } catch (error) {
    if (error instanceof ConnectionFailure || error instanceof LdapRefusal) return undefined;
    throw error;
  }
}

async function askAt(
  session: Session,
  deps: ResolveDeps,
  lost: LostWrite,
): Promise<DirectoryOutcome | undefined> {
  const { connection } = session;
  const { password, target, fence } = lost;
  if (lost.operation === 'unlock')
    return unlockElsewhere(lost, await readLock(connection, target.objectGuid));
  const after = await readWriteEvidence(connection, target.objectGuid);
  const entry = fence && (await connection.read(guidDn(target.objectGuid), [fence.attribute]));
  const marker = fence && entry && textOf(entry, fence.attribute);
  const verdict = verdictElsewhere(lost, { after, marker });
  if (verdict?.evidence?.kind !== 'likely' || password === undefined) return verdict;
  if (refused.has(password)) return undefined;
  const tried = await deps.tryPassword(session, target, password);
  if (tried === 'locked' || tried === 'noSuchAccount') return undefined;
  if (tried !== 'refused') return applied(lost, 'bind', after);
  // Somebody else's write there; ours may still come after it.
  refused.add(password);
  return undefined;
}

/** What replicated attributes say without the password. Versions have no meaning here without where they are from. */
export function verdictElsewhere(
  lost: LostWrite,
  { after, marker }: SeenElsewhere,
): DirectoryOutcome | undefined {
  if (after === undefined) return undefined;
  const { invocationId, versionBefore } = lost.before;
  const isFromThere = invocationId !== undefined && after.origin === invocationId;
  if (lost.fence) {
    const { requestId } = lost.fence;
    if (marker === requestId) return applied(lost, 'fence', isFromThere ? after : undefined);
    // Only ever written where the write was sent, and taken there: so the write can never land.
    return marker === fencedId(requestId) ? notApplied(lost, undefined, 'fence') : undefined;
  }
  const isNext = versionBefore !== undefined && after.version === versionBefore + 1;
  // Whoever else wrote at that controller just then looks the same: only the password itself tells them apart.
  return isFromThere && isNext && fits(after.writtenAt, lost) ? unknown(lost, 'likely', after) : undefined;
}

function fits(writtenAt: number | undefined, { sentBetween }: LostWrite): boolean {
  if (writtenAt === undefined) return false;
  return sentBetween === undefined || timeSeen(writtenAt, sentBetween) === 'then';
}
