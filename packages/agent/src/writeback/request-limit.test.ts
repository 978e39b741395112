import { newId } from '@homeward/protocol/id';
import type { Outcome } from '@homeward/protocol/outcome';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentSide, type Asked, minute } from './agent-side.fixture.ts';
import { MOST_OF_ONE, MOST_REFUSALS, MOST_REQUESTS } from './request-limit.ts';

let side: AgentSide;
let others: string[];
/** lets the directory answer the write that it was asked first */
let answer: (outcome: Outcome) => void;

beforeEach(async () => {
  side = await AgentSide.open();
  others = Array.from({ length: MOST_REQUESTS }, () => newId());
  side.alsoKnown = new Set(others);
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  answer = resolve;
  side.resetPassword.mockReturnValueOnce(promise);
});
afterEach(() => side.close());

const serving: Promise<unknown>[] = [];
const begin = ({ frame }: Asked) => void serving.push(side.writeback.serve(frame));
const requestsOf = (people: readonly string[]) =>
  Promise.all(people.map((cloudAnchor) => side.request({ cloudAnchor })));

/** The directory does not answer, so all that come wait. */
async function fill(people: readonly string[]): Promise<Asked[]> {
  const asked = await requestsOf(people);
  for (const each of asked) begin(each);
  await expect.poll(() => side.resetPassword.mock.calls.length, { timeout: 15_000 }).toBe(1);
  return asked;
}

async function release(): Promise<void> {
  answer({ kind: 'applied' });
  await Promise.all(serving.splice(0));
}

/** The answer to a request that is refused: signed over no sealed passwords, as that to one that never came. */
const refusalOf = async ({ requestId, frame }: Asked) =>
  (await side.answerTo({ requestId, frame, sealedDigest: undefined }))?.outcome.kind;

const warned = () => side.logged.filter((line) => line.includes('sends too many at once'));

test('with its hands full it refuses the next one for good, asks no directory, and serves again later', async () => {
  const asked = await fill(others);
  const [tooMany, later] = await requestsOf([side.person, side.person]);
  if (!tooMany || !later) throw new Error('two are needed');
  expect(await refusalOf(tooMany)).toBe('notStarted');
  expect(side.journal.find(tooMany.requestId)).toMatchObject({ state: 'tombstone' });
  expect(await refusalOf(tooMany), 'sent again').toBe('notStarted');
  const [first] = asked;
  expect(first && (await side.sending(() => side.writeback.serve(first.frame))), 'one under way').toEqual([]);
  await release();
  expect(side.resetPassword).toHaveBeenCalledTimes(MOST_REQUESTS);
  expect(await refusalOf(tooMany), 'sent again when there is room').toBe('notStarted');
  expect((await side.answerTo(later))?.outcome.kind).toBe('applied');
  expect(side.resetPassword).toHaveBeenCalledTimes(MOST_REQUESTS + 1);
});

test('one person takes only so many places, and nobody else waits for that', async () => {
  await fill(Array.from({ length: MOST_OF_ONE }, () => side.person));
  expect(await refusalOf(await side.request())).toBe('notStarted');
  const [other] = others;
  const another = await side.request({ ...(other && { cloudAnchor: other }) });
  begin(another);
  await release();
  expect(side.journal.find(another.requestId)).toMatchObject({ outcome: { kind: 'applied' } });
  expect((await side.answerTo(await side.request()))?.outcome.kind).toBe('applied');
});

test('of a flood nothing is carried out, whether it was answered or not, and it is one line in the log', async () => {
  await fill(others);
  const people = Array.from({ length: MOST_REFUSALS + 100 }, () => side.person);
  const flood = await requestsOf(people);
  const sent = await side.sending(() => Promise.all(flood.map(({ frame }) => side.writeback.serve(frame))));
  expect(sent.length).toBeGreaterThan(0);
  for (const { requestId } of flood) {
    const frame = await side.frame('whatOf', requestId, undefined, side.now + minute);
    const [told] = await side.sending(() => side.writeback.serve(frame));
    expect(told && (await side.verified(told, requestId))?.outcome.kind).toBe('notStarted');
  }
  expect(warned()).toHaveLength(1);
  await release();
  expect(side.resetPassword).toHaveBeenCalledTimes(MOST_REQUESTS);
});
