import type { DirectoryProbe } from '@homeward/active-directory';
import { newId } from '@homeward/protocol/id';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentSide, LIMIT, minute } from './agent-side.fixture.ts';
import { MOST_DRY_RUNS, MOST_OF_A_PERSON } from './dry-run-limit.ts';

let side: AgentSide;
beforeEach(async () => {
  side = await AgentSide.open();
});
afterEach(() => side.close());

const dryRun = (cloudAnchor = side.person) => side.request({ operation: 'dryRun', cloudAnchor });
const answerTo = async (cloudAnchor?: string) =>
  (await side.answerTo(await dryRun(cloudAnchor)))?.outcome.kind;

test('a person’s account is read so often in a minute and no more, and nobody else pays for it', async () => {
  for (let asked = 0; asked < MOST_OF_A_PERSON; asked++) expect(await answerTo()).toBe('protectedAccount');
  const read = side.probe.mock.calls.length;
  for (let asked = 0; asked < 3; asked++) expect(await answerTo()).toBe('notStarted');
  expect(side.probe, 'no directory was asked').toHaveBeenCalledTimes(read);
  expect(await answerTo(newId())).toBe('notFound');
  expect((await side.answerTo(await side.request()))?.outcome.kind, 'a reset is none').toBe('applied');
  const told = side.logged.filter((line) => line.includes('"reason":"busy"'));
  expect(told, 'said once, or a cloud could fill the log with it').toHaveLength(1);
  side.monotonic += minute;
  expect(await answerTo()).toBe('protectedAccount');
});

test('only so many dry runs are under way at once, and the next is refused as busy until they end', async () => {
  const { promise, resolve } = Promise.withResolvers<DirectoryProbe>();
  side.probe.mockReturnValue(promise);
  const people = Array.from({ length: Math.ceil(MOST_DRY_RUNS / MOST_OF_A_PERSON) }, () => newId());
  side.alsoKnown = new Set(people);
  const frames = await Promise.all(
    Array.from({ length: MOST_DRY_RUNS }, (_, index) => dryRun(people[index % people.length])),
  );
  const under = frames.map(({ frame }) => side.writeback.serve(frame));
  await expect.poll(() => side.probe.mock.calls.length, LIMIT).toBe(MOST_DRY_RUNS);
  expect(await answerTo()).toBe('notStarted');
  expect(side.probe).toHaveBeenCalledTimes(MOST_DRY_RUNS);
  resolve({ reachable: false, outcome: { kind: 'directoryUnreachable' } });
  await Promise.all(under);
  expect(await answerTo()).toBe('protectedAccount');
});

test('a dry run that is malformed counts for nobody, and is answered as any such request', async () => {
  const requestId = newId();
  const frame = await side.frame('request', requestId, Uint8Array.of(5, 0, 1));
  expect((await side.answerTo({ requestId, frame, sealedDigest: undefined }))?.outcome.kind).toBe(
    'agentFault',
  );
});
