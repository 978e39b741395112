import { newId } from '@homeward/protocol/id';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentSide, minute } from './agent-side.fixture.ts';

const hour = 60 * minute;
let side: AgentSide;

beforeEach(async () => {
  side = await AgentSide.open();
});
afterEach(() => side.close());

async function whatBecameOf(requestId: string, expires: number) {
  const frame = await side.frame('whatOf', requestId, new Uint8Array(0), expires);
  const [answer] = await side.sending(() => side.writeback.serve(frame));
  return answer && (await side.verified(answer, requestId));
}

test('what a clock that was once ahead may have made the journal forget is not denied when it is right again', async () => {
  const expired = side.now - minute;
  side.now += 25 * hour;
  side.journal.entomb(newId(), side.now);
  side.journal.prune(side.now);
  side.now -= 25 * hour;
  expect(await whatBecameOf(newId(), expired)).toMatchObject({ outcome: { kind: 'unknown' } });
});

test('what it cannot have forgotten by then never came', async () => {
  const expired = side.now - minute;
  side.now += 23 * hour;
  side.journal.entomb(newId(), side.now);
  side.now -= 23 * hour;
  expect(await whatBecameOf(newId(), expired)).toMatchObject({ outcome: { kind: 'notStarted' } });
});
