/** Writes as an agent leaves them that dies: after the write and before its outcome, or `unsent` before the write. */
import { randomUUID } from 'node:crypto';
import type { Directory, DirectoryOutcome, EvidenceBefore, LostWrite } from '@homeward/active-directory';
import { Password } from '@homeward/protocol/password';
import { expect } from 'vitest';
import type { LabPerson } from '../lab-file.ts';
import { MARKER } from './storm-forest.ts';

export async function leaveResetBehind(
  directory: Directory,
  { objectGuid }: LabPerson,
  { fenced = false, unsent = false } = {},
): Promise<LostWrite & { password: Password }> {
  const password = Password.of(`Storm-${randomUUID()}`);
  const fence = fenced ? { fence: { attribute: MARKER, requestId: randomUUID() } } : {};
  const target = { objectGuid };
  const left = await dieAt({ unsent, expected: { kind: 'applied' } }, (onBeforeWrite) =>
    directory.resetPassword(target, password, {
      ...{ mustChange: false, unlockToo: true, ...fence },
      onBeforeWrite,
    }),
  );
  return { target, operation: 'reset', ...left, password, ...fence };
}

export async function leaveUnlockBehind(
  directory: Directory,
  { objectGuid }: LabPerson,
  { unsent = false } = {},
): Promise<LostWrite> {
  const target = { objectGuid };
  const left = await dieAt({ unsent, expected: { kind: 'applied', notes: ['unlocked'] } }, (onBeforeWrite) =>
    directory.unlock(target, { onBeforeWrite }),
  );
  return { target, operation: 'unlock', ...left };
}

async function dieAt(
  { unsent, expected }: { unsent: boolean; expected: Partial<DirectoryOutcome> },
  write: (onBeforeWrite: (seen: EvidenceBefore) => void) => Promise<DirectoryOutcome>,
): Promise<Pick<LostWrite, 'before' | 'sentAt' | 'sentBetween'>> {
  let before: EvidenceBefore | undefined;
  const from = Date.now();
  const written = write((seen) => {
    before = seen;
    if (unsent) throw new Error('the agent died');
  });
  if (unsent) await expect(written).rejects.toThrow('the agent died');
  else expect(await written).toMatchObject(expected);
  if (before === undefined) throw new Error('nothing was journalled');
  const sentAt = Date.now();
  return { before, sentAt, sentBetween: { from, until: sentAt } };
}
