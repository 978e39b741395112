/**
 * What became of a write whose answer never came: the connection broke, the controller died, or the agent did. The
 * directory is asked; the write is never sent again.
 */
import type { DirectoryOutcome, EvidenceBefore } from '@homeward/active-directory';
import type { Operation } from '@homeward/protocol/operation';
import type { Password } from '@homeward/protocol/password';
import type { WritebackDirectory } from './carry-out.ts';

export type Lost = {
  operation: Operation;
  objectGuid: string;
  before: EvidenceBefore;
  /** Unix ms: the last moment at which the connection that carried it can have been open */
  sentAt: number;
  /** while it is at hand; gone after a restart */
  password?: Password;
};

/** May take half a minute: a controller finishes what it has received. */
export function resolveLost(directory: WritebackDirectory, lost: Lost): Promise<DirectoryOutcome> {
  const { objectGuid, before, sentAt, password } = lost;
  const operation = lost.operation === 'change' || lost.operation === 'unlock' ? lost.operation : 'reset';
  return directory.resolve({
    target: { objectGuid },
    operation,
    before,
    sentAt,
    ...(password && { password }),
  });
}
