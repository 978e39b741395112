/** What each operation asks of the directory. A new operation is a case here, not a second way through the agent. */
import type {
  Directory,
  DirectoryOutcome,
  EvidenceBefore,
  Permit,
  Prepared,
} from '@homeward/active-directory';
import { FLAGS } from '@homeward/protocol/operation';
import type { Password } from '@homeward/protocol/password';
import type { PersonPolicy } from '@homeward/protocol/policy';
import type { RequestBody } from '@homeward/protocol/request';

/** What is used of a directory here. */
export type WritebackDirectory = Pick<
  Directory,
  'prepare' | 'resetPassword' | 'changePassword' | 'unlock' | 'dryRun' | 'probe' | 'resolve'
>;

export type Order = {
  requestId: string;
  request: Pick<RequestBody, 'operation' | 'flags'>;
  passwords: { next?: Password; current?: Password };
  objectGuid: string;
  /** what was read ahead, at the offer */
  prepared?: Prepared | undefined;
  /** the agent's own rules */
  permit: Permit;
  /** asked immediately before the write leaves */
  stillValid: () => boolean;
  /** the journal's intent: on disk before the write leaves */
  onBeforeWrite: (before: EvidenceBefore) => Promise<void> | undefined;
};

export type CarriedOut = { outcome: DirectoryOutcome; policy?: PersonPolicy };

export async function carryOut(directory: WritebackDirectory, order: Order): Promise<CarriedOut> {
  const { requestId, request, passwords, objectGuid, stillValid, onBeforeWrite, permit, prepared } = order;
  const { next, current } = passwords;
  const target = { objectGuid };
  const write = { stillValid, onBeforeWrite, permit, ...(prepared && { prepared }) };
  const fence = { requestId };
  const mustChange = (request.flags & FLAGS.mustChange) !== 0;
  const unlockToo = (request.flags & FLAGS.unlockToo) !== 0;
  switch (request.operation) {
    case 'reset':
    case 'adminReset':
      if (next === undefined) return refused;
      return {
        outcome: await directory.resetPassword(target, next, { ...write, fence, mustChange, unlockToo }),
      };
    case 'change':
      if (next === undefined || current === undefined) return refused;
      return { outcome: await directory.changePassword(target, { current, next }, { ...write, fence }) };
    case 'unlock':
      return { outcome: await directory.unlock(target, write) };
    case 'dryRun':
      return dryRun(directory, objectGuid, { mustChange, unlockToo, permit });
    case 'verify':
      return refused;
  }
}

const refused: CarriedOut = { outcome: { kind: 'refusedByAgent' } };

async function dryRun(
  directory: WritebackDirectory,
  objectGuid: string,
  options: { mustChange: boolean; unlockToo: boolean; permit: Permit },
): Promise<CarriedOut> {
  const [{ outcome, policy }, probe] = await Promise.all([
    directory.dryRun({ objectGuid }, { operation: 'reset', ...options }),
    directory.probe(),
  ]);
  if (policy === undefined) return { outcome };
  const { source, rules, mustChange, nextChangeAllowedAt, expiresAt } = policy;
  return {
    outcome,
    policy: {
      source,
      mustChange,
      holdsOnReset: probe.reachable && probe.policyHints !== undefined,
      ...(rules && { rules: inSeconds(rules) }),
      ...(nextChangeAllowedAt !== undefined && { nextChangeAllowedAt }),
      ...(expiresAt !== undefined && { expiresAt }),
    },
  };
}

type Rules = NonNullable<PersonPolicy['rules']>;

/** The directory package speaks in milliseconds, the wire in seconds. */
function inSeconds({
  minimumLength,
  complexity,
  historyLength,
  minimumAge,
  maximumAge,
  lockout,
}: Rules): Rules {
  return {
    minimumLength,
    complexity,
    historyLength,
    ...(minimumAge !== undefined && { minimumAge: minimumAge / 1_000 }),
    ...(maximumAge !== undefined && { maximumAge: maximumAge / 1_000 }),
    ...(lockout && {
      lockout: {
        threshold: lockout.threshold,
        ...(lockout.duration !== undefined && { duration: lockout.duration / 1_000 }),
      },
    }),
  };
}
