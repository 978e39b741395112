import { decodeClaim, decodeDecline } from '@homeward/protocol/control';
import { newId } from '@homeward/protocol/id';
import { decodeReport } from '@homeward/protocol/report';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AgentSide, forest, LIMIT, minute, typed } from './agent-side.fixture.ts';
import { MOST_IN_FLIGHT } from './in-flight.ts';

let side: AgentSide;

beforeEach(async () => {
  side = await AgentSide.open();
});
afterEach(async () => {
  vi.useRealTimers();
  await side.close();
});

async function offered(requestId = newId(), changes: Parameters<AgentSide['offer']>[1] = {}) {
  const frame = await side.offer(requestId, changes);
  const [answer] = await side.sending(() => side.writeback.serve(frame));
  if (answer === undefined) return undefined;
  const { type } = answer.header;
  if (type === 'claim') return { requestId, claimed: decodeClaim(answer.body) };
  return { requestId, ...decodeDecline(answer.body) };
}

const askedWhatOf = async (requestId: string, expires?: number) => {
  const frame = await side.frame('whatOf', requestId, undefined, expires);
  return side.sending(() => side.writeback.serve(frame));
};

test('an offer is claimed by its number before the directory has answered', async () => {
  side.prepare.mockReturnValueOnce(new Promise(() => {}));
  expect(await offered(newId(), { number: 7 })).toMatchObject({ claimed: 7 });
  expect(side.prepare).toHaveBeenCalledWith(
    { objectGuid: 'the-guid' },
    { operation: 'reset', mustChange: false, fence: true },
  );
});

test('what was read at the offer is used by the request, and its intent is on disk at once', async () => {
  const asked = await side.request();
  await offered(asked.requestId);
  side.before = { controller: 'dc9.corp.example.com', versionBefore: 9 };
  side.steps = [];
  expect(await side.answerTo(asked)).toMatchObject({ outcome: { kind: 'applied' } });
  expect(side.steps).toEqual(['intended', 'sent', 'settled']);
  const [, , options] = side.resetPassword.mock.lastCall ?? [];
  expect(options?.prepared?.evidence).toEqual({ controller: 'dc1.corp.example.com', versionBefore: 3 });
});

test('what was read of another person under the same id is not taken for this one’s', async () => {
  const asked = await side.request();
  side.prepare.mockImplementationOnce(async (_, request) =>
    side.read({ objectGuid: 'another-guid' }, request),
  );
  await offered(asked.requestId);
  side.before = { controller: 'dc9.corp.example.com', versionBefore: 9 };
  side.steps = [];
  await side.answerTo(asked);
  expect(side.steps).toEqual(['intended', 'sent', 'settled']);
});

test('evidence that is read anew replaces the intent’s before the write', async () => {
  const asked = await side.request();
  await offered(asked.requestId);
  side.steps = [];
  side.resetPassword.mockImplementationOnce(async (_target, _password, { onBeforeWrite }) => {
    await onBeforeWrite?.({ controller: 'dc2.corp.example.com', versionBefore: 4 });
    return { kind: 'applied' };
  });
  await side.answerTo(asked);
  expect(side.steps).toEqual(['intended', 'amended', 'sent', 'settled']);
});

test('an envelope that does not open ends what was intended meanwhile', async () => {
  const asked = await side.request({ sealedFor: newId() });
  await offered(asked.requestId);
  expect(await side.answerTo(asked)).toMatchObject({ outcome: { kind: 'undecryptable' } });
  expect(side.resetPassword).not.toHaveBeenCalled();
  expect(side.journal.unsettled()).toEqual([]);
});

test('what was read about a person before another write to them is not used', async () => {
  const [first, second] = [await side.request(), await side.request()];
  await offered(first.requestId);
  await offered(second.requestId);
  await side.answerTo(first);
  await side.answerTo(second);
  const used = side.resetPassword.mock.calls.map(([, , options]) => options.prepared !== undefined);
  expect(used).toEqual([true, false]);
});

test('who is in another forest is declined, who is not known at all is claimed and answered', async () => {
  expect(await offered(newId(), { cloudAnchor: side.stranger })).toMatchObject({ reason: 'notServed' });
  expect(await offered(newId(), { cloudAnchor: newId() })).toMatchObject({ claimed: 1 });
});

test('an offer is declined right after its directory failed unless nobody else is left, and claimed again later', async () => {
  side.prepare.mockResolvedValueOnce({ kind: 'directoryUnreachable' });
  expect(await offered()).toMatchObject({ claimed: 1 });
  expect(await offered()).toMatchObject({ reason: 'directoryUnreachable' });
  expect(await offered(newId(), { isLast: true })).toMatchObject({ claimed: 1 });
  side.prepare.mockResolvedValueOnce({ kind: 'directoryUnreachable' });
  expect(await offered(newId(), { isLast: true })).toMatchObject({ claimed: 1 });
  expect(await offered()).toMatchObject({ reason: 'directoryUnreachable' });
  side.monotonic += 3_000;
  expect(await offered()).toMatchObject({ claimed: 1 });
  expect(await offered()).toMatchObject({ claimed: 1 });
});

test('an agent with its hands full lets another one have the offer', async () => {
  for (let index = 0; index < MOST_IN_FLIGHT; index++) await offered();
  expect(await offered()).toMatchObject({ reason: 'busy' });
  side.monotonic += 10_000;
  expect(await offered()).toMatchObject({ claimed: 1 });
});

test('an agent that stops takes no more offers', async () => {
  await side.writeback.stop();
  expect(await offered()).toMatchObject({ reason: 'stopping' });
});

test('an offer that is over, or that nobody can read, is not answered', async () => {
  const old = await side.frame('offer', newId(), new Uint8Array(19), side.now - minute - 1);
  const malformed = await side.frame('offer', newId(), new Uint8Array(19));
  expect(await side.sending(() => side.writeback.serve(old))).toEqual([]);
  expect(await side.sending(() => side.writeback.serve(malformed))).toEqual([]);
  expect(side.logged.join('\n')).toContain('ERR_CONTROL_MALFORMED');
});

test('of a request so old that its entry may be forgotten, nobody says that it never came', async () => {
  const requestId = newId();
  const [answer] = await askedWhatOf(requestId, side.now - 24 * 60 * minute - 1);
  expect(answer && (await side.verified(answer, requestId))).toMatchObject({ outcome: { kind: 'unknown' } });
  const recent = newId();
  const [other] = await askedWhatOf(recent, side.now - 24 * 60 * minute + 1);
  expect(other && (await side.verified(other, recent))).toMatchObject({ outcome: { kind: 'notStarted' } });
});

test('a request that never came is buried before that is said, and never carried out', async () => {
  const asked = await side.request();
  const [answer] = await askedWhatOf(asked.requestId);
  expect(side.steps).toEqual(['entombed', 'sent']);
  const notStarted = { outcome: { kind: 'notStarted' }, event: 32_008 };
  expect(answer && (await side.verified(answer, asked.requestId))).toEqual(notStarted);
  await side.restart();
  const [late] = await side.sending(() => side.writeback.serve(asked.frame));
  expect(late && (await side.verified(late, asked.requestId))).toEqual(notStarted);
  expect(side.written).toEqual([]);
});

test('a tombstone outlives every request that it could stand for, whatever the question says', async () => {
  const { requestId } = await side.request();
  await askedWhatOf(requestId, side.now - 30 * 24 * 60 * minute);
  side.journal.acknowledge(requestId);
  side.journal.prune(side.now + 24 * 60 * minute);
  expect(side.journal.find(requestId)?.state).toBe('tombstone');
});

test('what has ended is told again, and what is under way is not', async () => {
  const asked = await side.request();
  const first = await side.answerTo(asked);
  const [again] = await askedWhatOf(asked.requestId);
  expect(again && (await side.verified(again, asked.requestId, asked.sealedDigest))).toEqual(first);
  let finish = () => {};
  side.resetPassword.mockImplementationOnce(async () => {
    await new Promise<void>((done) => {
      finish = done;
    });
    return { kind: 'applied' };
  });
  const slow = await side.request();
  const serving = side.writeback.serve(slow.frame);
  await expect.poll(() => side.resetPassword.mock.calls.length, LIMIT).toBe(2);
  expect(await askedWhatOf(slow.requestId)).toEqual([]);
  finish();
  await serving;
});

test('outcomes are told again on each new link until they are settled', async () => {
  side.isLinked = false;
  const asked = await side.request();
  await side.writeback.serve(asked.frame);
  side.isLinked = true;
  const replies = async (count: number) => {
    const told = await side.sending(async () => {
      side.writeback.onReady();
      await expect.poll(() => side.sent.length, LIMIT).toBe(1 + count);
      await new Promise((done) => setTimeout(done, 20));
    });
    return told.filter(({ header }) => header.type === 'reply');
  };
  const [reply] = await replies(1);
  expect(reply && (await side.verified(reply, asked.requestId, asked.sealedDigest))).toMatchObject({
    outcome: { kind: 'applied' },
  });
  expect(await replies(1)).toHaveLength(1);
  await side.writeback.serve(await side.frame('settled', asked.requestId));
  expect(await replies(0)).toHaveLength(0);
});

test('on a new link it tells at once how its directories last were, and then what is not settled', async () => {
  side.isLinked = false;
  await side.writeback.serve((await side.request()).frame);
  side.isLinked = true;
  // Nobody waits for a directory that hangs: what the cloud sends again waits for this report.
  side.probe.mockReturnValue(new Promise(() => {}));
  const onNewLink = async () => {
    const told = await side.sending(async () => {
      side.writeback.onReady();
      await expect.poll(() => side.sent.length, LIMIT).toBe(2);
    });
    expect(told.map(({ header }) => header.type)).toEqual(['heartbeat', 'reply']);
    return decodeReport(told[0]?.body ?? new Uint8Array()).forests;
  };
  expect(await onNewLink()).toEqual({ [forest]: 'unknown' });
  side.probe.mockResolvedValueOnce({ reachable: false, outcome: { kind: 'directoryNotTrusted' } });
  await side.writeback.report();
  expect(await onNewLink()).toEqual({ [forest]: 'notTrusted' });
});

test('a sync store that cannot be read keeps no report back, because without one the agent is sent nothing', async () => {
  await side.writeback.report();
  side.countPeople = () => {
    throw new Error('database disk image is malformed');
  };
  const [told] = await side.sending(async () => {
    side.writeback.onReady();
    await expect.poll(() => side.sent.length, LIMIT).toBe(1);
  });
  expect(decodeReport(told?.body ?? new Uint8Array()).counts.people).toBe(40);
  expect(side.logged.join('\n')).toContain('people could not be counted');
});

test('what does not open, or is not for this agent, is told as forged, and what opens is not', async () => {
  const onForged = vi.fn();
  const good = await side.offer(newId());
  const altered = Uint8Array.from(good);
  altered.set([(altered.at(-1) ?? 0) ^ 1], altered.length - 1);
  const mirrored = await side.frame('reply', newId());
  const misdirected = Uint8Array.from(good).fill(7, 2, 18);
  for (const frame of [altered, mirrored, misdirected, new Uint8Array(90)])
    await side.writeback.serve(frame, onForged);
  expect(onForged).toHaveBeenCalledTimes(4);
  const malformed = await side.frame('offer', newId(), new Uint8Array(19));
  for (const frame of [good, malformed]) await side.writeback.serve(frame, onForged);
  expect(onForged).toHaveBeenCalledTimes(4);
});

test('by itself it reports every five minutes, and tells every half minute what is not settled', async () => {
  side.isLinked = false;
  const asked = await side.request();
  await side.writeback.serve(asked.frame);
  side.isLinked = true;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  side.writeback.start();
  const toldIn = (ms: number, count: number) =>
    side.sending(async () => {
      vi.advanceTimersByTime(ms);
      // Not by expect.poll, which turns the clock on as it waits.
      do await new Promise((done) => setTimeout(done, 30));
      while (side.sent.length < count);
    });
  const replies = await toldIn(30_000, 1);
  expect(replies.map(({ header }) => [header.type, header.requestId])).toEqual([['reply', asked.requestId]]);
  await side.writeback.serve(await side.frame('settled', asked.requestId));
  expect(await toldIn(5 * minute - 30_001, 0)).toEqual([]);
  const [heartbeat, ...more] = await toldIn(1, 1);
  expect([heartbeat?.header.type, more]).toEqual(['heartbeat', []]);
  const counts = { served: 1, applied: 1, unsettled: 0, people: 40 };
  expect(decodeReport(heartbeat?.body ?? new Uint8Array())).toMatchObject({ version: '1.2.3', counts });
});

test('a probe asks each directory now', async () => {
  side.probe.mockResolvedValueOnce({
    reachable: true,
    controller: 'dc1.corp.example.com',
    pdcProven: true,
    policyHints: undefined,
    clockOffsetMs: 0,
  });
  await side.answerTo(await side.request());
  const requestId = newId();
  const ask = async () => {
    const frame = await side.frame('probe', requestId);
    const [answer] = await side.sending(() => side.writeback.serve(frame));
    expect(answer?.header).toMatchObject({ type: 'probed', requestId });
    return answer && decodeReport(answer.body);
  };
  expect(await ask()).toEqual({
    ...{ version: '1.2.3', session: 1, instance: expect.any(String), clock: side.now, generation: 1 },
    forests: { [forest]: 'up' },
    counts: { served: 1, applied: 1, unsettled: 0, people: 40 },
    breakerOpen: false,
  });
  expect(await ask()).toMatchObject({ forests: { [forest]: 'unreachable' } });
});

test('an agent whose clock was once ahead tells the time that it judges by, and says at its start what that means', async () => {
  const right = side.now;
  side.now += 10 * minute;
  await side.answerTo(await side.request());
  side.now = right;
  expect(await side.answerTo(await side.request())).toMatchObject({ outcome: { kind: 'expired' } });
  expect((await side.writeback.report()).clock).toBe(right + 10 * minute);
  await side.restart();
  side.logged = [];
  side.writeback.start();
  expect(side.logged.join('\n')).toContain('the clock of this machine was once ahead');
  side.now += 10 * minute;
  expect(await side.answerTo(await side.request())).toMatchObject({ outcome: { kind: 'applied' } });
  await side.restart();
  side.logged = [];
  side.writeback.start();
  expect(side.logged.join('\n')).not.toContain('once ahead');
});

test('each start has a session number of its own', async () => {
  const first = await side.writeback.report();
  await side.restart();
  const second = await side.writeback.report();
  expect([first.session, second.session]).toEqual([1, 2]);
  expect(second.instance).not.toBe(first.instance);
});

test('nothing that is stored holds the password', async () => {
  await side.answerTo(await side.request());
  const { readFileSync, readdirSync } = await import('node:fs');
  for (const name of readdirSync(side.folder).filter((each) => each.startsWith('journal')))
    for (const encoding of ['utf8', 'utf16le'] as const)
      expect(readFileSync(`${side.folder}/${name}`).includes(Buffer.from(typed, encoding))).toBe(false);
});
