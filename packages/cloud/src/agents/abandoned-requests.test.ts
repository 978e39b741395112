/** Requests of an agent that is gone for good, where the cloud died before it wrote down that nobody will ever know. */
import { newId } from '@homeward/protocol/id';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../store/database.ts';
import { eventually } from '../testing/eventually.ts';
import { type Agents, openAgents } from './agents.ts';
import { type AgentsSide, NORTH, newMachine, startAgentsSide } from './enrolling-machine.fixture.ts';

let side: AgentsSide;
let next: Agents | undefined;

beforeEach(async () => {
  side = await startAgentsSide();
});
afterEach(async () => {
  next?.stop();
  await side[Symbol.asyncDispose]();
});

/** As a process leaves it that dies right after it revoked the agent. */
async function granted(agentId: string, on: Database = side.database): Promise<string> {
  const id = newId();
  const [issuedAt, expiresAt] = [side.clock.now, side.clock.now + 120_000];
  const who = { tenantId: side.tenant.id, flowId: newId(), personId: newId(), agentId };
  const row = { id, ...who, operation: 'reset', state: 'granted' as const, sealedDigest: '' };
  await on
    .insertInto('request')
    .values({ ...row, issuedAt, expiresAt, outcome: null, event: null, settledAt: null })
    .execute();
  return id;
}

test('end as unknown, however many there are', async () => {
  const machine = await newMachine(side, 'dc-agent-1');
  const agentId = String((await machine.enrolByToken()).body['agentId']);
  await side.database.transaction().execute(async (on) => {
    for (let count = 0; count < 1_001; count++) await granted(agentId, on);
  });
  await side.agents.onboarding.revoke(agentId);
  const open = side.database.selectFrom('request').select('id').where('state', '!=', 'settled');
  await expect.poll(() => open.execute(), { timeout: 60_000 }).toEqual([]);
});

test('end as unknown at the next start, and those of others stay open', async () => {
  const [gone, here] = [await newMachine(side, 'dc-agent-1'), await newMachine(side, 'north-1', [NORTH])];
  const [goneId, hereId] = [await gone.enrolByToken(), await here.enrolByToken()].map(({ body }) =>
    String(body['agentId']),
  ) as [string, string];
  const [abandoned, open] = [await granted(goneId), await granted(hereId)];
  await side.database.updateTable('agent').set({ status: 'revoked' }).where('id', '=', goneId).execute();
  const { database, asynchronousCommit, flushed, secrets, tenant, url, clock } = side;
  next = await openAgents({
    ...{ database, asynchronousCommit, flushed, secrets, tenant },
    ...{ publicUrl: url, patience: 400, clock: () => clock.now },
    log: { info: () => {}, warn: () => {} },
  });
  const { find } = next.writeback;
  await eventually(() => find(abandoned)).toEqual({ kind: 'unknown' });
  expect(await find(open)).toEqual({ kind: 'pending' });
});
