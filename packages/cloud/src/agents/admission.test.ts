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

let side: AgentsSide;
let anna: string;
let otto: string;
let first: Machine;
let firstId: string;

beforeEach(async () => {
  side = await startAgentsSide();
  anna = await side.addAdministrator('admin-anna');
  otto = await side.addAdministrator('admin-otto', null);
  first = await newMachine(side, 'dc-agent-1');
  firstId = idIn(await first.enrolByToken());
});
afterEach(() => side[Symbol.asyncDispose]());

const waiting = (name = 'dc-agent-2', forests = [CORP]) => enrolledMachine(side, name, forests);

async function isServing({ machine, id }: { machine: Machine; id: string }): Promise<boolean> {
  return (await machine.credential(id)).status === 200;
}

test('a forest’s second agent waits, also with a token, and is told what is missing', async () => {
  const second = await waiting();
  expect(second.status).toBe('pending');
  for (const scope of ['relay', 'scim']) {
    const refused = await second.machine.credential(second.id, scope);
    expect(refused.status).toBe(401);
    expect(refused.body['error_description']).toContain('waits to be admitted');
  }
  expect(await isServing({ machine: first, id: firstId })).toBe(true);
});

test('the first agent of another forest does not wait; one that adds a served forest does', async () => {
  expect((await waiting('north-1', [NORTH])).status).toBe('active');
  expect((await waiting('both-1', [NORTH, CORP])).status).toBe('pending');
});

test('a forest whose agent is shut out for its copy is served still: a machine that comes meanwhile waits', async () => {
  await side.database.updateTable('agent').set({ status: 'cloned' }).where('id', '=', firstId).execute();
  expect((await waiting()).status).toBe('pending');
  const code = await (await newMachine(side, 'dc-agent-3')).askForCode();
  const { onboarding } = side.agents;
  const id = (await onboarding.findByUserCode(code.user_code)) ?? '';
  expect(await onboarding.machine(id)).toMatchObject({ isFurther: true });
});

test('of two machines that are a forest’s first at once, one serves and the other waits', async () => {
  const machines = await Promise.all(['north-1', 'north-2'].map((name) => newMachine(side, name, [NORTH])));
  const both = await Promise.all(machines.map((machine) => machine.enrolByToken()));
  expect(both.map(({ body }) => body['status']).toSorted()).toEqual(['active', 'pending']);
});

test('of two machines that show one token at once, one is an agent', async () => {
  const token = await side.newToken();
  const machines = await Promise.all(['north-1', 'north-2'].map((name) => newMachine(side, name, [NORTH])));
  const both = await Promise.all(
    machines.map(async (machine) => machine.asJson('/agents/enrol', await machine.requestWith(token))),
  );
  expect(both.map(({ body }) => body['error'] ?? body['status']).toSorted()).toEqual([
    'active',
    'token_used',
  ]);
  expect(await side.agents.onboarding.agents()).toHaveLength(2);
});

test('an agent that serves the forest admits it by its key', async () => {
  const second = await waiting();
  const listed = await first.say(firstId, 'waiting');
  expect(listed).toMatchObject({
    status: 200,
    body: { agents: [{ agentId: second.id, name: 'dc-agent-2', identityKey: second.machine.identityKey }] },
  });
  const admitted = await first.say(firstId, 'admit', { admits: second.machine.identityKey });
  expect(admitted).toEqual({ status: 200, body: { agentId: second.id, name: 'dc-agent-2' } });
  expect(await isServing(second)).toBe(true);
  const [kept] = await side.database.selectFrom('agentAdmission').selectAll().execute();
  expect(kept).toMatchObject({ agentId: second.id, byKind: 'agent', byId: firstId });
  expect(kept?.proof?.split('.')).toHaveLength(3);
});

test('nobody admits another key than the one that was named, an agent of other forests, or itself', async () => {
  const second = await waiting();
  const north = await newMachine(side, 'north-1', [NORTH]);
  const northId = idIn(await north.enrolByToken());
  const admits = second.machine.identityKey;
  const another = await first.say(firstId, 'admit', { admits: north.identityKey });
  expect(another.status).toBe(404);
  expect((await north.say(northId, 'admit', { admits })).status).toBe(404);
  expect((await north.say(northId, 'waiting')).body).toEqual({ agents: [] });
  expect((await second.machine.say(second.id, 'admit', { admits })).status).toBe(401);
  expect((await second.machine.say(firstId, 'admit', { admits })).status).toBe(401);
  expect(await isServing(second)).toBe(false);
});

test('of two words for one agent at once, one admits and is told', async () => {
  const second = await waiting();
  const admits = second.machine.identityKey;
  const both = await Promise.all([1, 2].map(() => first.say(firstId, 'admit', { admits })));
  const [admitted, late] = both.map(({ status }) => status).toSorted((a, b) => a - b);
  expect(admitted).toBe(200);
  expect([404, 409]).toContain(late);
  const told = await side.database
    .selectFrom('audit')
    .select('id')
    .where('activity', '=', 'admitAgent')
    .where('detail', '=', second.id)
    .execute();
  expect(told).toHaveLength(1);
});

test('an assertion for a credential admits nobody, and one that admits gives no credential', async () => {
  const second = await waiting();
  const claims = { admits: second.machine.identityKey };
  const body = (assertion: string) => new URLSearchParams({ client_assertion: assertion, scope: 'relay' });
  const forToken = await first.assertion(firstId, side.url, claims);
  const admitted = await fetch(`${side.url}/agents/admit`, { method: 'POST', body: body(forToken) });
  expect(admitted.status).toBe(401);
  const forAdmission = await first.assertion(firstId, `${side.url}/agents/admit`, claims);
  const issued = await fetch(`${side.url}/agents/token`, { method: 'POST', body: body(forAdmission) });
  expect(issued.status).toBe(401);
});

test('two different administrators admit it, one alone does not', async () => {
  const second = await waiting();
  const { onboarding } = side.agents;
  expect(await onboarding.admit(second.id, anna)).toBe('oneMore');
  expect(await onboarding.admit(second.id, anna)).toBe('approvedBefore');
  expect(await isServing(second)).toBe(false);
  expect((await onboarding.agents())[0]).toMatchObject({ status: 'pending', approvedBy: [anna] });
  expect(await onboarding.admit(second.id, otto)).toBe('admitted');
  expect(await isServing(second)).toBe(true);
  expect(await onboarding.admit(second.id, otto)).toBe('notWaiting');
});

test('the word of an administrator who was disabled meanwhile no longer counts', async () => {
  const second = await waiting();
  await side.agents.onboarding.admit(second.id, anna);
  await side.database.updateTable('administrator').set({ disabledAt: 1 }).where('id', '=', anna).execute();
  expect(await side.agents.onboarding.admit(second.id, otto)).toBe('oneMore');
});

test('who approved the machine’s code has given one of the two words', async () => {
  const machine = await newMachine(side, 'dc-agent-2');
  const code = await machine.askForCode();
  const { onboarding } = side.agents;
  const id = (await onboarding.findByUserCode(code.user_code)) ?? '';
  expect(await onboarding.machine(id)).toMatchObject({ isFurther: true });
  await onboarding.decide(id, 'approved', anna);
  const enrolled = await machine.poll(code.device_code);
  expect(enrolled.body['status']).toBe('pending');
  expect(await onboarding.admit(idIn(enrolled), anna)).toBe('approvedBefore');
  expect(await onboarding.admit(idIn(enrolled), otto)).toBe('admitted');
});

test('every administrator with an address is mailed when one waits and when one is admitted', async () => {
  const second = await waiting();
  await first.say(firstId, 'admit', { admits: second.machine.identityKey });
  const mails = await side.database.selectFrom('mailOutbox').select(['personId', 'kind', 'flowId']).execute();
  const toAnna = (kind: 'agentAdmitted' | 'agentWaits', agent: string) => ({
    ...{ personId: anna, kind, flowId: agent },
  });
  expect(mails).toEqual([
    toAnna('agentAdmitted', firstId),
    toAnna('agentWaits', second.id),
    toAnna('agentAdmitted', second.id),
  ]);
});

test('a revoked agent gets nothing any more, and its keys are forgotten', async () => {
  expect(await side.agents.onboarding.revoke(firstId, anna)).toBe(true);
  expect(await side.agents.onboarding.revoke(firstId, anna)).toBe(false);
  expect((await first.credential(firstId)).body['error_description']).toContain('revoked');
  const [row] = await side.database.selectFrom('agent').selectAll().where('id', '=', firstId).execute();
  expect(row).toMatchObject({ status: 'revoked', packageKeySealed: '' });
  expect((await first.enrolByToken()).body['error']).toBe('keys_revoked');
});

test('an agent that disables itself is gone once nothing of it is under way', async () => {
  const request = { tenantId: side.tenant.id, flowId: 'flow', personId: 'anna', operation: 'reset' } as const;
  const times = { issuedAt: side.clock.now, expiresAt: side.clock.now + 60_000 };
  await side.database
    .insertInto('request')
    .values({
      id: 'one',
      ...request,
      agentId: firstId,
      state: 'granted',
      sealedDigest: '',
      ...times,
    } as never)
    .execute();
  expect(await first.say(firstId, 'disable')).toEqual({
    status: 202,
    body: { state: 'finishing', until: times.expiresAt },
  });
  expect(await isServing({ machine: first, id: firstId })).toBe(true);
  side.clock.now = times.expiresAt;
  expect(await first.say(firstId, 'disable')).toEqual({ status: 200, body: { state: 'revoked' } });
  expect(await isServing({ machine: first, id: firstId })).toBe(false);
  expect(await first.say(firstId, 'disable')).toEqual({ status: 200, body: { state: 'revoked' } });
});

test('nobody disables another agent', async () => {
  const north = await newMachine(side, 'north-1', [NORTH]);
  await north.enrolByToken();
  expect((await north.say(firstId, 'disable')).status).toBe(401);
  expect(await isServing({ machine: first, id: firstId })).toBe(true);
});

test('a machine whose answer was lost shows a new token and is the same agent', async () => {
  expect(idIn(await first.enrolByToken())).toBe(firstId);
  expect(await side.agents.onboarding.agents()).toHaveLength(1);
});

test('the command line of the cloud’s machine lists agents and revokes one by name', async () => {
  const second = await waiting();
  const post = async (agent: string) =>
    side.agents.control.request('/agents/revoke', { method: 'POST', body: JSON.stringify({ agent }) });
  const listed = await side.agents.control.request('/agents');
  expect(await listed.json()).toMatchObject({
    agents: [
      { id: second.id, status: 'pending', fingerprint: second.machine.fingerprint },
      { id: firstId, status: 'active', connected: false },
    ],
  });
  expect((await post('nobody')).status).toBe(404);
  expect(await (await post('dc-agent-1')).json()).toEqual({ id: firstId, name: 'dc-agent-1', revoked: true });
  expect(await isServing({ machine: first, id: firstId })).toBe(false);
});
