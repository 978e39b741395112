import { expect, test } from 'vitest';
import { unixToFiletime } from './filetime.ts';
import type { LostWrite } from './resolve-write.ts';
import { type SeenLock, unlockElsewhere, unlockWhereSent } from './resolve-write-unlock.ts';

const [first, second] = ['11'.repeat(16), '22'.repeat(16)];
const at = Date.UTC(2026, 10, 21, 12);
const { sentBetween: _, ...untimed }: LostWrite = {
  target: { objectGuid: '6e0c3f5e-3a2b-4a53-9d2c-0c5b1a7f1f10' },
  operation: 'unlock',
  before: { controller: 'dc1.corp.example.com', invocationId: first },
  sentAt: at + 5_000,
  sentBetween: { from: at, until: at + 5_000 },
};
const lost: LostWrite = { ...untimed, sentBetween: { from: at, until: at + 5_000 } };

const unlocked = (writtenAt: number, controller = first): SeenLock => ({
  lockoutTime: 0n,
  written: { at: writtenAt, controller },
});

test('a lock that was taken away there and then, as it replicated, is ours', () => {
  for (const writtenAt of [at - 61_000, at, at + 65_000])
    expect(unlockElsewhere(lost, unlocked(writtenAt))).toEqual({
      kind: 'applied',
      evidence: { kind: 'version', writtenAt, invocationId: first },
    });
});

test.each([
  ['at the same controller, later', at + 65_001, first],
  ['at another one, meanwhile', at, second],
  ['at another one, later', at + 65_001, second],
])('one that was taken away %s is somebody else’s, and ends the question', (_what, when, controller) => {
  expect(unlockElsewhere(lost, unlocked(when, controller))).toMatchObject({
    kind: 'superseded',
    evidence: { kind: 'version', writtenAt: when },
  });
});

test.each<[string, SeenLock | undefined]>([
  ['nobody there', undefined],
  ['a lock', { lockoutTime: 1n, written: { at, controller: first } }],
  ['no lock, and no trace of one', { lockoutTime: 0n, written: undefined }],
  ['a lock that was taken away before, there', unlocked(at - 61_001)],
  ['a lock that was taken away before, elsewhere', unlocked(at - 1, second)],
])('%s says nothing', (_what, seen) => {
  expect(unlockElsewhere(lost, seen)).toBeUndefined();
});

test('without the time of the write nothing is said', () => {
  expect(unlockElsewhere(untimed, unlocked(at))).toBeUndefined();
});

test('where it was sent a lock tells by its own time whether it was to go, or is a new one', () => {
  const kindAt = (lockedAt: number | undefined, write = lost) => {
    const lockoutTime = lockedAt === undefined ? 0n : unixToFiletime(lockedAt);
    const after = { version: 3, writtenAt: at, origin: first, pwdLastSet: 0n, lockoutTime };
    return unlockWhereSent(write, after).kind;
  };
  expect([undefined, at - 600_000, at, at + 65_000, at + 66_000].map((when) => kindAt(when))).toEqual([
    ...['applied', 'notStarted', 'notStarted', 'notStarted', 'superseded'],
  ]);
  expect([at, at + 66_000].map((when) => kindAt(when, untimed))).toEqual(['notStarted', 'superseded']);
});
