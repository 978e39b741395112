import { randomBytes } from '@homeward/protocol/bytes';
import { newId } from '@homeward/protocol/id';
import type { Outcome } from '@homeward/protocol/outcome';
import { pack, unpack } from '@homeward/protocol/package';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AgentSide, type Changes, forest, LIMIT, minute, typed } from './agent-side.fixture.ts';

let side: AgentSide;

beforeEach(async () => {
  side = await AgentSide.open();
});
afterEach(() => side.close());

test('a request is opened, written to the person’s account, and answered with the directory’s outcome', async () => {
  const asked = await side.request();
  expect(await side.answerTo(asked)).toEqual({ outcome: side.outcome, event: 31_002 });
  expect(side.sent[0]?.length).toBe(400);
  expect(side.written).toEqual([`the-guid ${typed}`]);
});

test('the intent is on disk before the write, and the answer leaves before its outcome is', async () => {
  await side.answerTo(await side.request());
  expect(side.steps).toEqual(['intended', 'sent', 'settled']);
});

test('what ended without an intent is on disk before it is answered', async () => {
  await side.answerTo(await side.request({ cloudAnchor: newId() }));
  expect(side.steps).toEqual(['settled', 'sent']);
});

test('nothing that is logged holds the password', async () => {
  await side.answerTo(await side.request());
  expect(side.logged.length).toBeGreaterThan(1);
  expect(side.logged.join('\n')).not.toContain('horse');
});

test('a refusal by policy comes back with its rules', async () => {
  side.outcome = {
    kind: 'refusedByPolicy',
    refusal: { rules: ['tooShort', 'notComplex'], minimumLength: 14, missingKinds: ['digit'] },
  };
  expect(await side.answerTo(await side.request())).toEqual({ outcome: side.outcome, event: 33_008 });
});

test('a repeated request is answered again and never written again, also after a restart', async () => {
  const sent = await side.request();
  const first = await side.answerTo(sent);
  await side.restart();
  expect(await side.answerTo(sent)).toEqual(first);
  expect(side.resetPassword).toHaveBeenCalledTimes(1);
});

test('a request that comes again while what became of its write is not known yet is not written again', async () => {
  const sent = await side.request();
  side.resolve.mockResolvedValue({ kind: 'unknown', diagnosis: { reason: 'networkUnreachable' } });
  side.outcome = { kind: 'unknown' };
  await side.writeback.serve(sent.frame);
  await side.restart();
  side.outcome = { kind: 'applied' };
  expect(await side.sending(() => side.writeback.serve(sent.frame))).toEqual([]);
  const another = await side.request({ requestId: sent.requestId });
  expect(await side.sending(() => side.writeback.serve(another.frame))).toEqual([]);
  expect(side.resetPassword).toHaveBeenCalledTimes(1);
  expect(side.journal.find(sent.requestId)?.state).toBe('intent');
});

test('two copies at once are written once', async () => {
  const { frame } = await side.request();
  const answers = await side.sending(() =>
    Promise.all([side.writeback.serve(frame), side.writeback.serve(frame)]),
  );
  expect(answers).toHaveLength(1);
  expect(side.written).toHaveLength(1);
});

test('nothing is written before the intent is on disk, and nothing at all where the disk fails', async () => {
  const disk = Promise.withResolvers<void>();
  const onDisk = vi.spyOn(side.journal, 'onDisk').mockReturnValueOnce(disk.promise);
  const first = await side.request();
  const served = side.writeback.serve(first.frame);
  await vi.waitFor(() => expect(onDisk).toHaveBeenCalled(), LIMIT);
  await new Promise((done) => setTimeout(done, 20));
  expect(side.written).toEqual([]);
  disk.resolve();
  await served;
  expect(side.written).toHaveLength(1);

  onDisk.mockRejectedValueOnce(new Error('EIO'));
  await side.writeback.serve((await side.request()).frame);
  expect(side.written).toHaveLength(1);
  expect(side.resolve).toHaveBeenCalledOnce();
});

test('two requests for one person are written one after the other', async () => {
  let under = 0;
  let most = 0;
  side.resetPassword.mockImplementation(async () => {
    most = Math.max(most, ++under);
    await new Promise((done) => setTimeout(done, 5));
    under--;
    return { kind: 'applied' };
  });
  const both = await Promise.all([side.request(), side.request()]);
  await Promise.all(both.map(({ frame }) => side.writeback.serve(frame)));
  expect(side.resetPassword).toHaveBeenCalledTimes(2);
  expect(most).toBe(1);
});

test('another request under a used id is a replay', async () => {
  const sent = await side.request();
  await side.answerTo(sent);
  const forged = await side.request({ requestId: sent.requestId, expires: side.now + minute });
  expect(await side.answerTo(forged)).toMatchObject({ outcome: { kind: 'replayed' } });
  expect(side.written).toHaveLength(1);
});

test.each<[string, Changes, Outcome['kind']]>([
  ['that expired', { issued: 1_799_999_800_000, expires: 1_799_999_900_000 }, 'expired'],
  ['from the future', { issued: 1_800_000_100_000, expires: 1_800_000_200_000 }, 'expired'],
  ['that lives too long', { expires: 1_800_000_000_000 + 6 * minute }, 'expired'],
  ['whose frame promises a later end', { frameExpires: 1_800_000_000_000 + 3 * minute }, 'expired'],
  ['sealed for another person', { sealedFor: newId() }, 'undecryptable'],
  ['for a person who is not known', { cloudAnchor: newId() }, 'notFound'],
  ['to verify, which is not served yet', { operation: 'verify' }, 'refusedByAgent'],
])('a request %s is refused before the directory is asked', async (_, changes, kind) => {
  expect(await side.answerTo(await side.request(changes))).toMatchObject({ outcome: { kind } });
  expect(side.resetPassword).not.toHaveBeenCalled();
});

test('a change takes both passwords apart, and an unlock none', async () => {
  const change = await side.request({ operation: 'change' });
  expect(await side.answerTo(change)).toMatchObject({ outcome: { kind: 'refusedByAgent' } });
  const unlock = await side.request({ operation: 'unlock' });
  expect(await side.answerTo(unlock)).toMatchObject({ outcome: { kind: 'applied' } });
});

test('a dry run answers with the policy in seconds, and leaves nothing in the journal', async () => {
  const asked = await side.request({ operation: 'dryRun' });
  expect(await side.answerTo(asked)).toMatchObject({
    outcome: { kind: 'protectedAccount' },
    policy: { source: 'domain', rules: { minimumLength: 8, minimumAge: 86_400 }, holdsOnReset: false },
  });
  expect(side.journal.find(asked.requestId)).toBeUndefined();
});

test('a lost answer is resolved with the directory, and the write is not sent again', async () => {
  side.outcome = { kind: 'unknown' };
  const sent = await side.request();
  const [answer] = await side.sending(async () => {
    await side.writeback.serve(sent.frame);
    await expect.poll(() => side.sent.length, LIMIT).toBe(1);
  });
  expect(answer && (await side.verified(answer, sent.requestId, sent.sealedDigest))).toEqual({
    outcome: { kind: 'applied', evidence: { kind: 'version' } },
    event: 31_002,
  });
  expect(side.resetPassword).toHaveBeenCalledTimes(1);
  expect(side.resolve).toHaveBeenCalledWith(
    expect.objectContaining({
      target: { objectGuid: 'the-guid' },
      operation: 'reset',
      before: side.before,
      password: expect.anything(),
    }),
  );
  expect(side.journal.find(sent.requestId)).toMatchObject({
    state: 'outcome',
    outcome: { kind: 'applied' },
  });
});

test('a fault after the intent ends in what the directory holds', async () => {
  side.resetPassword.mockImplementationOnce(async (_target, _password, { onBeforeWrite }) => {
    await onBeforeWrite?.(side.before);
    throw new TypeError('a defect');
  });
  const { frame, requestId } = await side.request();
  await side.writeback.serve(frame);
  await expect
    .poll(() => side.journal.find(requestId), LIMIT)
    .toMatchObject({ outcome: { kind: 'applied' } });
  expect(side.logged.join('\n')).toContain('a request broke off after its intent');
});

test('nobody but the person waits while the directory is asked about a lost write', async () => {
  let tell = () => {};
  side.resolve.mockImplementationOnce(async () => {
    await new Promise<void>((done) => {
      tell = done;
    });
    return { kind: 'notStarted' };
  });
  side.outcome = { kind: 'unknown' };
  const lost = await side.request();
  await side.writeback.serve(lost.frame);
  await expect.poll(() => side.resolve.mock.calls.length, LIMIT).toBe(1);
  expect(side.sent).toEqual([]);
  side.outcome = { kind: 'applied' };
  const next = await side.request();
  const serving = side.writeback.serve(next.frame);
  await new Promise((done) => setTimeout(done, 20));
  expect(side.written).toEqual([]);
  tell();
  await serving;
  expect(side.written).toHaveLength(1);
});

test.each<[string, { now: number; monotonic: number }]>([
  ['the monotonic clock', { now: 0, monotonic: 3 * minute + 1 }],
  ['the wall clock alone, as on a machine that slept', { now: 3 * minute + 1, monotonic: 0 }],
])('a request that grew old by %s while it waited is not written', async (_, later) => {
  const sent = await side.request();
  side.resetPassword.mockImplementationOnce(async (_target, _password, { stillValid }) => {
    side.now += later.now;
    side.monotonic += later.monotonic;
    return stillValid?.() ? { kind: 'applied' } : { kind: 'expired' };
  });
  expect(await side.answerTo(sent)).toMatchObject({ outcome: { kind: 'expired' } });
});

test('what this cloud did not pack is dropped without an answer', async () => {
  const { frame } = await side.request();
  const changed = frame.slice();
  changed[200] = (changed[200] ?? 0) ^ 1;
  const answers = await side.sending(async () => {
    await side.writeback.serve(changed);
    await side.writeback.serve(randomBytes(700));
  });
  expect(answers).toEqual([]);
  expect(side.written).toEqual([]);
});

test('what the cloud packed for another agent, or as an agent would, is dropped without an answer', async () => {
  const sent = await side.request();
  const { tenantId, keys } = side;
  const { header, body } = await unpack(sent.frame, tenantId, () => keys.package);
  const wrong = [
    { header: { ...header, agentId: newId() }, body },
    { header: { ...header, type: 'reply' as const }, body },
  ];
  const answers = await side.sending(async () => {
    for (const contents of wrong) await side.writeback.serve(await pack(contents, tenantId, keys.package));
  });
  expect(answers).toEqual([]);
  expect(side.journal.find(sent.requestId)).toBeUndefined();
  expect(side.written).toEqual([]);
});

test('the agent’s own rules are asked about the person, and what they refuse is not written', async () => {
  const check = vi.fn(() => ({ rule: 'scope', detail: 'exclude[0]' }));
  side.rules = { check, countWrite: () => undefined, breakerOpen: () => false };
  await side.restart();
  expect(await side.answerTo(await side.request())).toMatchObject({ outcome: { kind: 'refusedByAgent' } });
  expect(check).toHaveBeenCalledWith(
    expect.objectContaining({ operation: 'reset', forest, objectGuid: 'the-guid', groups: ['S-1-2'] }),
  );
  expect(side.written).toEqual([]);
  expect(side.logged.join('\n')).toContain('scope: exclude[0]');
});

test('a write too many is not sent, and does not count as one that waits', async () => {
  const countWrite = vi.fn(() => ({ rule: 'rate', detail: '60 in a minute' }));
  side.rules = { check: () => undefined, countWrite, breakerOpen: () => true };
  await side.restart();
  expect(await side.answerTo(await side.request())).toMatchObject({ outcome: { kind: 'refusedByAgent' } });
  expect(side.written).toEqual([]);
});
