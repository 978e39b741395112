/**
 * What became of a write whose answer never came: the connection broke, the controller died, or the agent did. The
 * directory is asked; the write is never sent again.
 */
import type { DirectoryOutcome } from '@homeward/active-directory';
import { FLAGS } from '@homeward/protocol/operation';
import type { Password } from '@homeward/protocol/password';
import type { WritebackDirectory } from './carry-out.ts';
import type { Intent } from './journal.ts';
import { CLOCK_TOLERANCE } from './time-window.ts';

export type Lost = {
  intent: Intent;
  /** Unix ms: the last moment at which the connection that carried it can have been open */
  sentAt: number;
  /** while it is at hand; gone after a restart */
  password?: Password;
  signal?: AbortSignal;
};

/** May take half a minute where there is no fence: a controller finishes what it has received. */
export function resolveLost(directory: WritebackDirectory, lost: Lost): Promise<DirectoryOutcome> {
  const { intent, ...more } = lost;
  const { objectGuid, before, requestId, flags, intendedAt, expires } = intent;
  const operation =
    intent.operation === 'change' || intent.operation === 'unlock' ? intent.operation : 'reset';
  const { markerAttribute } = before;
  return directory.resolve({
    ...more,
    target: { objectGuid },
    operation,
    before,
    // Nothing is sent once its request has expired, however late it is asked about.
    sentBetween: { from: intendedAt, until: Math.min(lost.sentAt, expires + CLOCK_TOLERANCE) },
    mustChange: operation === 'reset' && (flags & FLAGS.mustChange) !== 0,
    ...(markerAttribute === undefined ? {} : { fence: { attribute: markerAttribute, requestId } }),
  });
}
