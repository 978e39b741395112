import type { Password } from '@homeward/protocol/password';
import { readAccountState } from './account-state.ts';
import { whatWouldRefuse } from './broken-rules.ts';
import { ConnectionFailure, outcomeOfFailure } from './connection-failure.ts';
import type { DirectoryOutcome } from './diagnosis.ts';
import { outcomeOfGuard, outcomeOfReason } from './directory-answer.ts';
import { DEFAULT_MARKER, type PeopleRight } from './directory-rights.ts';
import { isHeld } from './evaluate-rights.ts';
import { guardAccount } from './guard-account.ts';
import { guidDn } from './guid.ts';
import { type PersonPolicy, readPersonPolicy } from './password-policy.ts';
import { rightsOnPerson } from './report-rights.ts';
import type { Session } from './session-pool.ts';
import type { Permit, Target, WriteDeps } from './write-account.ts';

export type DryRunRequest = {
  operation: 'reset' | 'change' | 'unlock';
  mustChange?: boolean;
  unlockToo?: boolean;
  /** the fence attribute that would be written */
  marker?: string;
  /** compared with the policy where given */
  password?: Password;
  permit?: Permit;
};

/** `applied` means that nothing which can be read stands against it; nothing was written. */
export type DryRun = {
  outcome: DirectoryOutcome;
  policy?: PersonPolicy;
  /** what only the write itself would tell */
  notKnown: readonly ('history' | 'filter' | 'minimumAge' | 'currentPassword' | 'rights' | 'policy')[];
};

/** Would this succeed? Only reads. */
export async function dryRun(
  deps: WriteDeps & { requirePolicyHints: boolean },
  target: Target,
  request: DryRunRequest,
): Promise<DryRun> {
  try {
    return await deps.controllers.withWriter((session) => dryRunAt(session, deps, target, request));
  } catch (error) {
    if (error instanceof ConnectionFailure) return { outcome: outcomeOfFailure(error), notKnown: [] };
    throw error;
  }
}

async function dryRunAt(
  session: Session,
  deps: WriteDeps & { requirePolicyHints: boolean },
  target: Target,
  request: DryRunRequest,
): Promise<DryRun> {
  const { connection, facts } = session;
  const controller = facts.host;
  const now = deps.clock.now();
  if (request.operation === 'reset' && deps.requirePolicyHints && !facts.policyHints)
    return { outcome: outcomeOfReason('policyHintsNotOffered', { controller }), notKnown: [] };
  const account = await readAccountState(connection, target.objectGuid, deps.marker);
  const guarded = guardAccount(account, request.operation, now);
  if (guarded) return { outcome: outcomeOfGuard(guarded, controller), notKnown: [] };
  const refused = account && request.permit?.(account);
  if (refused) return { outcome: refused, notKnown: [] };
  if (account) deps.kept.keep(target.objectGuid, account, now);
  const policy = await readPersonPolicy(connection, facts.baseDn, target.objectGuid);
  const rights = await rightsOnPerson(session, guidDn(target.objectGuid), request.marker ?? DEFAULT_MARKER);
  const missingRights = rights ? rightsFor(request).filter((right) => !isHeld(rights[right])) : [];
  const shown = policy === undefined ? {} : { policy };
  if (missingRights.length > 0) {
    const reason = missingRights.includes('changePassword') ? 'changeNotAllowed' : 'insufficientRights';
    return { outcome: outcomeOfReason(reason, { controller, missingRights }), ...shown, notKnown: [] };
  }
  const namesApply = facts.vendor === undefined;
  const refusal = policy && compare(policy, request, now, namesApply);
  if (refusal && refusal.rules.length > 0)
    return { outcome: { kind: 'refusedByPolicy', refusal }, ...shown, notKnown: [] };
  const notKnown: DryRun['notKnown'][number][] = [
    ...(request.operation === 'unlock' ? [] : (['history', 'filter'] as const)),
    // Not every controller applies it to a reset; the refusal will tell.
    ...(request.operation === 'reset' && facts.policyHints && (policy?.nextChangeAllowedAt ?? 0) > now
      ? (['minimumAge'] as const)
      : []),
    ...(request.operation === 'change' ? (['currentPassword'] as const) : []),
    ...(rights ? [] : (['rights'] as const)),
    ...(policy?.rules ? [] : (['policy'] as const)),
  ];
  return { outcome: { kind: 'applied', evidence: { kind: 'none' } }, ...shown, notKnown };
}

function compare(policy: PersonPolicy, request: DryRunRequest, now: number, namesApply: boolean) {
  if (request.operation === 'unlock') return undefined;
  const ageAndHistoryApply = request.operation === 'change';
  if (request.password)
    return whatWouldRefuse({
      password: request.password.reveal(),
      policy,
      now,
      ageAndHistoryApply,
      namesApply,
    });
  const youngUntil = policy.nextChangeAllowedAt ?? 0;
  return ageAndHistoryApply && youngUntil > now
    ? { rules: ['tooYoung' as const], retryAt: youngUntil }
    : undefined;
}

function rightsFor(request: DryRunRequest): PeopleRight[] {
  const marker: PeopleRight[] = request.marker === undefined ? [] : ['writeMarker'];
  if (request.operation === 'unlock') return ['writeLockoutTime'];
  if (request.operation === 'change') return ['changePassword', ...marker];
  return [
    'resetPassword',
    ...(request.unlockToo ? (['writeLockoutTime'] as const) : []),
    ...(request.mustChange ? (['writePwdLastSet'] as const) : []),
    ...marker,
  ];
}
