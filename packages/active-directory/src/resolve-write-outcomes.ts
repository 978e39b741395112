/** What resolving a lost write may say, each with what is known of the versions. */
import type { Evidence } from '@homeward/protocol/outcome';
import type { Diagnosis, DirectoryOutcome } from './diagnosis.ts';
import type { WriteEvidence } from './read-evidence.ts';
import type { LostWrite } from './resolve-write.ts';

/** Nothing was learned, and may be later: only such an `unknown` has a diagnosis. */
export function notNow(
  lost: LostWrite,
  reason: Diagnosis['reason'],
  controller: string | undefined,
): DirectoryOutcome {
  const where = controller ?? lost.before.controller;
  return { ...unknown(lost, 'none'), diagnosis: { reason, controller: where } };
}

export function applied(
  lost: LostWrite,
  kind: Evidence['kind'],
  after: WriteEvidence | undefined,
): DirectoryOutcome {
  return { kind: 'applied', evidence: evidenceOf(lost, kind, after) };
}

export function notApplied(
  lost: LostWrite,
  after: WriteEvidence | undefined,
  kind: Evidence['kind'] = 'version',
): DirectoryOutcome {
  return { kind: 'notStarted', evidence: evidenceOf(lost, kind, after) };
}

export function unknown(lost: LostWrite, kind: 'none' | 'likely', after?: WriteEvidence): DirectoryOutcome {
  // Versions that moved are told although they do not decide: without a kind they would not travel.
  const moved = after?.version !== undefined && after.version !== lost.before.versionBefore;
  return { kind: 'unknown', evidence: evidenceOf(lost, kind === 'none' && moved ? 'version' : kind, after) };
}

export function evidenceOf(
  lost: LostWrite,
  kind: Evidence['kind'],
  after: WriteEvidence | undefined,
): Evidence {
  const { versionBefore, invocationId } = lost.before;
  const moved = after?.version !== undefined && after.version !== versionBefore;
  return {
    kind,
    ...(versionBefore === undefined ? {} : { versionBefore }),
    ...(after?.version === undefined ? {} : { versionAfter: after.version }),
    ...(moved && after?.writtenAt !== undefined ? { writtenAt: after.writtenAt } : {}),
    ...(invocationId === undefined ? {} : { invocationId }),
  };
}
