import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type AgentsSide,
  CORP,
  enrolledMachine,
  idIn,
  type Machine,
  NORTH,
  newMachine,
  startAgentsSide,
} from './enrolling-machine.fixture.ts';

const DAY = 24 * 3_600_000;

let side: AgentsSide;
let anna: string;
let first: Machine;
let firstId: string;

beforeEach(async () => {
  side = await startAgentsSide();
  anna = await side.addAdministrator('admin-anna');
  first = await newMachine(side, 'dc-agent-1');
  firstId = idIn(await first.enrolByToken());
});
afterEach(() => side[Symbol.asyncDispose]());

const enrolled = (name = 'dc-agent-2', forests = [CORP]) => enrolledMachine(side, name, forests);

const revokeByCommand = (agent: string) =>
  side.agents.control.request('/agents/revoke', { method: 'POST', body: JSON.stringify({ agent }) });

const mailed = async (kind: 'agentRevoked' | 'agentReinstated') =>
  side.database
    .selectFrom('mailOutbox')
    .select(['personId', 'flowId', 'byId'])
    .where('kind', '=', kind)
    .execute();

test('after an administrator revoked a forest’s only agent, the next machine waits for two of them', async () => {
  const otto = await side.addAdministrator('admin-otto');
  const { onboarding } = side.agents;
  await onboarding.revoke(firstId, anna);
  const next = await enrolled();
  expect(next.status).toBe('pending');
  expect((await next.machine.credential(next.id)).status).toBe(401);
  expect(await onboarding.admit(next.id, anna)).toBe('oneMore');
  expect(await onboarding.admit(next.id, otto)).toBe('admitted');
  expect((await next.machine.credential(next.id)).status).toBe(200);
});

test('it waits for 24 hours after the revocation, and no longer', async () => {
  await side.agents.onboarding.revoke(firstId, anna);
  side.clock.now += DAY - 1;
  expect((await enrolled()).status).toBe('pending');
  side.clock.now += 1;
  expect((await enrolled('dc-agent-3')).status).toBe('active');
});

test('also where the agents of a forest were revoked one after the other, and where it asks by a code', async () => {
  const second = await enrolled();
  await first.say(firstId, 'admit', { admits: second.machine.identityKey });
  const { onboarding } = side.agents;
  await onboarding.revoke(firstId, anna);
  await onboarding.revoke(second.id, anna);
  expect((await enrolled('dc-agent-3')).status).toBe('pending');
  const code = await (await newMachine(side, 'dc-agent-4', [NORTH, CORP])).askForCode();
  const asking = (await onboarding.findByUserCode(code.user_code)) ?? '';
  expect(await onboarding.machine(asking)).toMatchObject({ isFurther: false, isReplacement: true });
});

test('another forest’s machine does not wait', async () => {
  await side.agents.onboarding.revoke(firstId, anna);
  expect((await enrolled('north-1', [NORTH])).status).toBe('active');
});

test('whoever has the cloud’s machine, or the agent’s own, revokes without making the next one wait', async () => {
  expect(await (await revokeByCommand('dc-agent-1')).json()).toMatchObject({ revoked: true });
  const second = await enrolled();
  expect(second.status).toBe('active');
  expect(await second.machine.say(second.id, 'disable')).toMatchObject({ status: 200 });
  expect((await enrolled('dc-agent-3')).status).toBe('active');
});

test('a machine that was refused while it waited was no agent: nobody waits for its sake', async () => {
  const waits = await enrolled();
  await side.agents.onboarding.revoke(waits.id, anna);
  await revokeByCommand('dc-agent-1');
  expect((await enrolled('dc-agent-3')).status).toBe('active');
});

test('every administrator with an address is mailed of a revocation, whoever it was', async () => {
  await side.addAdministrator('admin-otto', null);
  const north = await enrolled('north-1', [NORTH]);
  const third = await enrolled('both-1', [{ ...NORTH, sid: 'S-1-5-21-7-8-9' }]);
  await side.agents.onboarding.revoke(firstId, anna);
  await revokeByCommand('north-1');
  await third.machine.say(third.id, 'disable');
  expect(await mailed('agentRevoked')).toEqual([
    { personId: anna, flowId: firstId, byId: anna },
    { personId: anna, flowId: north.id, byId: null },
    { personId: anna, flowId: third.id, byId: third.id },
  ]);
});

test('every administrator with an address is mailed when a cloned agent is let in again by command', async () => {
  await side.database.updateTable('agent').set({ status: 'cloned' }).execute();
  const answer = await side.agents.control.request(`/agents/${firstId}/reinstate`, { method: 'POST' });
  expect(await answer.json()).toEqual({ reinstated: true });
  expect(await mailed('agentReinstated')).toEqual([{ personId: anna, flowId: firstId, byId: null }]);
});
