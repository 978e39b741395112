import { newId } from '@homeward/protocol/id';
import { FLAGS } from '@homeward/protocol/operation';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AgentSide, forest, LIMIT, minute } from './agent-side.fixture.ts';
import type { Intent } from './journal.ts';

let side: AgentSide;

beforeEach(async () => {
  side = await AgentSide.open();
});
afterEach(async () => {
  vi.useRealTimers();
  await side.close();
});

/** As a process leaves it that dies between its intent and its outcome. */
function leftBehind(more: Partial<Intent> = {}): Intent {
  const intent: Intent = {
    ...{ requestId: newId(), digest: 'aa'.repeat(32), isSealed: true, expires: side.now + 2 * minute },
    ...{ operation: 'reset', flags: FLAGS.mustChange, forest, objectGuid: 'the-guid' },
    ...{ before: { controller: 'dc1', versionBefore: 3 }, intendedAt: side.now - minute },
    ...more,
  };
  side.journal.intend(intent);
  return intent;
}

test('a write that an earlier process left is resolved at the start, and told with its evidence', async () => {
  const intent = leftBehind();
  side.writeback.start();
  await expect.poll(() => side.sent.length, LIMIT).toBe(1);
  expect(side.resolve).toHaveBeenCalledWith({
    ...{ target: { objectGuid: 'the-guid' }, operation: 'reset', before: intent.before },
    ...{ mustChange: true, sentAt: side.now, signal: expect.anything() },
    sentBetween: { from: side.now - minute, until: side.now },
  });
  expect(side.journal.find(intent.requestId)).toMatchObject({
    state: 'outcome',
    outcome: { kind: 'applied', evidence: { kind: 'version' } },
  });
});

test('a fenced write is resolved by its fence', async () => {
  const { requestId } = leftBehind({ before: { controller: 'dc1', markerAttribute: 'info' } });
  side.writeback.start();
  await expect.poll(() => side.sent.length, LIMIT).toBe(1);
  expect(side.resolve).toHaveBeenCalledWith(
    expect.objectContaining({ fence: { attribute: 'info', requestId } }),
  );
});

test('of an older write it is told that it cannot have been sent after its request had expired', async () => {
  const intendedAt = side.now - 60 * minute;
  leftBehind({ intendedAt, expires: intendedAt + 2 * minute });
  side.writeback.start();
  await expect.poll(() => side.sent.length, LIMIT).toBe(1);
  const sentBetween = { from: intendedAt, until: intendedAt + 3 * minute };
  expect(side.resolve).toHaveBeenCalledWith(expect.objectContaining({ sentBetween }));
});

test('a controller that is away is asked again, until it has told', async () => {
  const { requestId } = leftBehind();
  side.resolve.mockResolvedValueOnce({ kind: 'unknown', diagnosis: { reason: 'networkUnreachable' } });
  side.resolve.mockRejectedValueOnce(new Error('a defect'));
  vi.useFakeTimers();
  side.writeback.start();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(side.journal.find(requestId)?.state).toBe('intent');
  await vi.advanceTimersByTimeAsync(4_000);
  expect(side.resolve).toHaveBeenCalledTimes(3);
  expect(side.journal.find(requestId)).toMatchObject({ outcome: { kind: 'applied' } });
});

test.each([
  ['a week', 'a password', 'reset', 7],
  ['a day', 'a lock', 'unlock', 1],
] as const)(
  'after %s of silence the end of %s stays unknown, and is told so',
  async (_time, _what, operation, days) => {
    const { requestId, expires } = leftBehind({ forest: 'S-1-5-21-gone', operation });
    vi.useFakeTimers();
    side.writeback.start();
    await vi.advanceTimersByTimeAsync(2_000);
    side.now = expires + days * 24 * 60 * minute - 1;
    await vi.advanceTimersByTimeAsync(4_000);
    expect(side.journal.find(requestId)?.state).toBe('intent');
    side.now += 1;
    await vi.advanceTimersByTimeAsync(8_000);
    expect(side.journal.find(requestId)).toMatchObject({ outcome: { kind: 'unknown' } });
  },
);

test('what the directory itself cannot tell stays unknown, and is told so', async () => {
  const { requestId } = leftBehind();
  side.resolve.mockResolvedValueOnce({ kind: 'unknown', evidence: { kind: 'likely' } });
  side.writeback.start();
  await expect.poll(() => side.sent.length, LIMIT).toBe(1);
  expect(side.journal.find(requestId)).toMatchObject({
    outcome: { kind: 'unknown', evidence: { kind: 'likely' } },
  });
});

test('an old write is in nobody’s way but its own person’s', async () => {
  let tell = () => {};
  side.resolve.mockImplementationOnce(async () => {
    await new Promise<void>((done) => {
      tell = done;
    });
    return { kind: 'notStarted' };
  });
  leftBehind({ objectGuid: 'somebody-else' });
  const own = leftBehind();
  side.writeback.start();
  await expect.poll(() => side.journal.find(own.requestId)?.state, LIMIT).toBe('outcome');
  expect(await side.answerTo(await side.request())).toMatchObject({ outcome: { kind: 'applied' } });
  expect(side.journal.unsettled()).toHaveLength(1);
  tell();
  await expect.poll(() => side.journal.unsettled().length, LIMIT).toBe(0);
});

test('an agent that stops leaves what is not known to the next start', async () => {
  const { requestId } = leftBehind();
  side.resolve.mockImplementationOnce(async ({ signal }) => {
    await new Promise((done) => signal?.addEventListener('abort', done));
    return { kind: 'unknown' };
  });
  side.writeback.start();
  await expect.poll(() => side.resolve.mock.calls.length, LIMIT).toBe(1);
  await side.writeback.stop();
  expect(side.journal.find(requestId)?.state).toBe('intent');
});
