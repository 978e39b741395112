import { newId } from '@homeward/protocol/id';
import type { Outcome } from '@homeward/protocol/outcome';
import { expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts';
import { recordRecovered } from './recovered-outcomes.ts';
import { grantRequest, settleGranted } from './request-store.ts';

const [tenantId, agentId] = [newId(), newId()];
const WRITTEN = Date.UTC(2026, 10, 14, 9, 30);
const applied: Outcome = { kind: 'applied', evidence: { kind: 'answer', writtenAt: WRITTEN } };
const replyOf = (outcome: Outcome) => ({ outcome, event: 31_002 });

const audited = ({ database }: TestDatabase) => database.selectFrom('audit').selectAll().execute();

async function granted({ database }: TestDatabase): Promise<string> {
  const request = {
    ...{ id: newId(), tenantId, agentId, flowId: newId(), personId: newId() },
    ...{ operation: 'reset' as const, sealedDigest: undefined, issued: 1_000, expires: 2_000 },
  };
  expect(await grantRequest(database, request, { now: 1_000 })).toEqual({ kind: 'granted' });
  return request.id;
}

test('an outcome of a request that has no row is audited with all that it tells', async () => {
  await using open = await openTestDatabase();
  const requestId = newId();
  const told = { tenantId, agentId, requestId, reply: replyOf(applied), at: 5_000 };
  expect(await recordRecovered(open.database, told)).toBe('recovered');
  expect(await audited(open)).toEqual([
    {
      id: requestId,
      tenantId,
      at: 5_000,
      activity: 'outcomeRecovered',
      result: 'applied',
      personId: null,
      actorId: agentId,
      flowId: null,
      requestId,
      clientAddress: null,
      detail: JSON.stringify({ event: 31_002, writtenAt: WRITTEN }),
    },
  ]);
});

test('however often it is told, and at once, there is one entry, of the first time', async () => {
  await using open = await openTestDatabase();
  const told = { tenantId, agentId, requestId: newId(), reply: replyOf({ kind: 'notFound' }) };
  const answers = await Promise.all([1, 2, 3].map((at) => recordRecovered(open.database, { ...told, at })));
  expect(answers).toEqual(['recovered', 'recovered', 'recovered']);
  const entries = await audited(open);
  expect(entries).toMatchObject([{ at: 1, result: 'notFound', detail: '{"event":31002}' }]);
});

test('a request that has a row is known, whether its end is open or settled, and is not audited here', async () => {
  await using open = await openTestDatabase();
  const requestId = await granted(open);
  const told = { tenantId, agentId, requestId, reply: replyOf(applied), at: 5_000 };
  expect(await recordRecovered(open.database, told)).toBe('known');
  await settleGranted(open.database, requestId, { outcome: applied, event: 31_002, at: 3_000 });
  expect(await recordRecovered(open.database, told)).toBe('known');
  expect(await audited(open)).toEqual([]);
});
