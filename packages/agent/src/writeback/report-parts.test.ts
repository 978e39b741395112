import { newId } from '@homeward/protocol/id';
import { type AgentReport, decodeReport, MOST_FORESTS } from '@homeward/protocol/report';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentSide, forest, LIMIT } from './agent-side.fixture.ts';

const MANY = Array.from({ length: 199 }, (_, index) => `S-1-5-21-4294967295-4294967295-${4e9 + index}`);

let side: AgentSide;
beforeEach(async () => {
  side = await AgentSide.open();
});
afterEach(() => side.close());

async function withForests(sids: readonly string[]): Promise<void> {
  side.otherForests = sids;
  await side.restart();
}

const forestsOf = (parts: AgentReport[]) => Object.assign({}, ...parts.map(({ forests }) => forests));

test('an agent of two hundred forests tells of all of them, under one request id', async () => {
  await withForests(MANY);
  const sent = await side.sending(async () => {
    side.writeback.onReady();
    await expect.poll(() => side.sent.length, LIMIT).toBeGreaterThan(1);
    const [frame] = side.sent;
    if (frame === undefined) throw new Error('nothing was sent');
    await expect.poll(() => side.sent.length, LIMIT).toBe((await partsOf(frame)).of);
  });
  expect(new Set(sent.map(({ header }) => header.requestId)).size).toBe(1);
  expect(new Set(sent.map(({ header }) => header.type))).toEqual(new Set(['heartbeat']));
  const told = forestsOf(sent.map(({ body }) => decodeReport(body)));
  expect(told).toEqual(Object.fromEntries([forest, ...MANY].map((sid) => [sid, 'unknown'])));
});

test('it answers a probe in parts that bear the id of the probe', async () => {
  await withForests(MANY);
  const requestId = newId();
  const frame = await side.frame('probe', requestId);
  const sent = await side.sending(() => side.writeback.serve(frame));
  for (const { header } of sent) expect(header).toMatchObject({ type: 'probed', requestId });
  const parts = sent.map(({ body }) => decodeReport(body));
  expect(parts.map(({ part }) => part?.number)).toEqual(parts.map((_, index) => index + 1));
  const told = forestsOf(parts);
  expect(Object.keys(told)).toHaveLength(200);
  expect(new Set(Object.values(told))).toEqual(new Set(['unreachable']));
});

test('an agent with more forests than it may have does not start, and says how many that are', async () => {
  await side.writeback.stop();
  side.journal.close();
  side.otherForests = Array.from({ length: MOST_FORESTS }, (_, index) => `S-1-5-21-1-1-${index}`);
  const before = side.writeback;
  expect(() => side.start()).toThrow(
    expect.objectContaining({
      code: 'ERR_CONFIG_INVALID',
      message: `forests: one agent has at most ${MOST_FORESTS} forests, not ${MOST_FORESTS + 1}; enrol another agent for the others`,
    }),
  );
  expect(side.writeback).toBe(before);
});

async function partsOf(frame: Uint8Array): Promise<{ of: number }> {
  const { body } = await side.opened(frame);
  return { of: decodeReport(body).part?.of ?? 0 };
}
