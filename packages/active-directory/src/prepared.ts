import type { AccountState } from './account-state.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import type { Session } from './session-pool.ts';

/** What is known right before the write: for the journal, so that a lost answer can be resolved later. */
export type EvidenceBefore = {
  controller: string;
  invocationId?: string;
  versionBefore?: number;
  /** the fence attribute that the write compares and sets; absent where there is no fence */
  markerAttribute?: string;
  markerBefore?: string;
};

export function evidenceBefore(before: AccountState, { connection, facts }: Session): EvidenceBefore {
  return {
    controller: connection.endpoint.host,
    ...(facts.invocationId === undefined ? {} : { invocationId: facts.invocationId }),
    ...(before.version === undefined ? {} : { versionBefore: before.version }),
    ...(before.markerAttribute === undefined ? {} : { markerAttribute: before.markerAttribute }),
    ...(before.marker === undefined ? {} : { markerBefore: before.marker }),
  };
}

/** What is to be written soon. `fence`: the write will ask for one. */
export type PrepareRequest = {
  operation: 'reset' | 'change' | 'unlock';
  mustChange?: boolean;
  fence?: boolean;
};

/**
 * What a write has to know of a person, read ahead of it. A write uses it for three seconds at most, and only on
 * the controller that it came from: what changed in between is as if it had changed right after the write's own
 * read, and the fence and the directory's own checks stand as ever.
 */
export type Prepared = {
  kind: 'prepared';
  /** what the write will tell before it is sent, if it uses this */
  evidence: EvidenceBefore;
  /** Unix ms */
  readAt: number;
  target: { objectGuid: string };
  request: PrepareRequest;
  state: AccountState;
  unfit: DirectoryOutcome | undefined;
};

const FRESH_MS = 3_000;

/** Whether a write on this session may go by it. */
export function isUsable(
  prepared: Prepared | undefined,
  { connection, facts }: Session,
  target: { objectGuid: string },
  write: { operation: PrepareRequest['operation']; mustChange: boolean },
  now: number,
): prepared is Prepared {
  if (!prepared || !isFresh(prepared, now)) return false;
  const { evidence, request } = prepared;
  return (
    prepared.target.objectGuid === target.objectGuid &&
    request.operation === write.operation &&
    (request.mustChange ?? false) === write.mustChange &&
    evidence.controller === connection.endpoint.host &&
    evidence.invocationId !== undefined &&
    evidence.invocationId === facts.invocationId
  );
}

export function isFresh({ readAt }: Pick<Prepared, 'readAt'>, now: number): boolean {
  return now >= readAt && now - readAt <= FRESH_MS;
}
