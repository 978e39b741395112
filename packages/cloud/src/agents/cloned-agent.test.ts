/** A second machine with an agent's keys and journal: it would write again what it does not know to be written. */
import { newId } from '@homeward/protocol/id';
import { unpack } from '@homeward/protocol/package';
import { expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { anotherLink, answersPing, cutLink } from './another-link.fixture.ts';
import { holdLimits, limitsEnd } from './held-time.fixture.ts';
import {
  addPerson,
  agents,
  clock,
  connectedAgent,
  database,
  orderFor,
  report,
  type ScriptedAgent,
  tenant,
} from './scripted-agent.fixture.ts';
import { makeKeys } from './scripted-keys.fixture.ts';

const COPY = { session: 2, instance: 'a copy' };

const statusOf = async ({ id }: ScriptedAgent) =>
  (await database.selectFrom('agent').select('status').where('id', '=', id).executeTakeFirst())?.status;

/** For as long as it takes that a frame which was sent by now has come. */
const aMoment = () => new Promise((done) => setTimeout(done, 60));

/** An agent that has a request and has not answered it yet. */
async function agentAtWork() {
  const agent = await connectedAgent();
  const { outcome } = await agents.writeback.order(orderFor(await addPerson(), 100));
  expect(outcome.kind).toBe('pending');
  await eventually(() => agent.frames.length).toBe(1);
  return agent;
}

test('a link gets nothing that was granted before its own first report, and the same bytes after it', async () => {
  const agent = await agentAtWork();
  const link = await anotherLink(agent, { reports: 'nothing' });
  await aMoment();
  expect(link.heard).toEqual([]);
  await report({ ...agent, socket: link.socket });
  await eventually(() => link.heard).toEqual(['request']);
});

test('a link is used when the first part of a report came by it, and the next parts ask for nothing again', async () => {
  const agent = await agentAtWork();
  const link = await anotherLink(agent, { reports: 'nothing' });
  const by = { ...agent, socket: link.socket };
  await report(by, { part: { number: 1, of: 3 } });
  await eventually(() => link.heard).toEqual(['request']);
  clock.now += 5 * 60_000;
  const requestId = newId();
  for (const number of [1, 2, 3]) await report(by, { part: { number, of: 3 } }, { requestId });
  const asked = () => [...link.heard, ...agent.told].filter((type) => type === 'whatOf').length;
  await eventually(asked).toBe(1);
  await aMoment();
  expect(asked()).toBe(1);
});

test('a link is offered nothing before its own first report', async () => {
  const agent = await connectedAgent();
  await cutLink(agent);
  const link = await anotherLink(agent, { reports: 'nothing' });
  expect((await agents.writeback.order(orderFor(await addPerson()))).outcome).toEqual({ kind: 'notStarted' });
  expect([agents.writeback.isUp(tenant.id), link.heard]).toEqual([false, []]);
});

test('a report that another key packed is none', async () => {
  const agent = await agentAtWork();
  const link = await anotherLink(agent, { reports: 'nothing' });
  await report({ ...agent, keys: await makeKeys(), socket: link.socket });
  await aMoment();
  expect(link.heard).toEqual([]);
});

test('a copy that starts while the agent runs gets nothing, and both are shut out', async () => {
  const agent = await agentAtWork();
  const ended = new Promise((resolve) => agent.socket.once('close', resolve));
  const copy = await anotherLink(agent, { reports: COPY });
  expect(await Promise.all([copy.closed, ended])).toEqual([4403, 4403]);
  expect([copy.heard, await statusOf(agent)]).toEqual([[], 'cloned']);
});

test('a copy with the agent’s memory is found by one link more than an agent has, and gets nothing', async () => {
  const agent = await agentAtWork();
  const second = await anotherLink(agent);
  await eventually(() => second.heard).toEqual(['request']);
  const silent = { reports: 'nothing' } as const;
  const copies = [await anotherLink(agent, silent), await anotherLink(agent, silent)];
  await Promise.all(copies.map(({ socket }) => report({ ...agent, socket })));
  expect(await Promise.all(copies.map(({ closed }) => closed))).toEqual([4403, 4403]);
  expect([copies.map(({ heard }) => heard), await statusOf(agent)]).toEqual([[[], []], 'cloned']);
  const audited = await database.selectFrom('audit').select('result').execute();
  expect(audited.filter(({ result }) => result === 'agentCloned')).toHaveLength(1);
});

test('a dead link that nobody noticed beside two new ones shuts nobody out, and is given up', async () => {
  const agent = await connectedAgent();
  const dead = await anotherLink(agent, { answersPings: false });
  await cutLink(agent);
  holdLimits();
  const first = await anotherLink(agent);
  const firstAnswers = answersPing(first.socket);
  const second = await anotherLink(agent);
  await Promise.all([firstAnswers, answersPing(second.socket)]);
  limitsEnd();
  expect(await dead.closed).toBe(4440);
  const links = [first, second];
  const ordered = agents.writeback.order(orderFor(await addPerson()));
  await eventually(() => links.flatMap(({ heard }) => heard)).toContain('offer');
  limitsEnd();
  await ordered;
  expect([await statusOf(agent), links.map(({ socket }) => socket.readyState)]).toEqual(['active', [1, 1]]);
});

test('an agent that starts again beside its own dead links gets its bytes again', async () => {
  const agent = await connectedAgent();
  await cutLink(agent);
  const dead = await anotherLink(agent, { answersPings: false });
  await eventually(() => agents.writeback.isUp(tenant.id)).toBe(true);
  holdLimits();
  const ordered = agents.writeback.order(orderFor(await addPerson()));
  await eventually(() => dead.heard).toEqual(['offer']);
  limitsEnd();
  await ordered;
  const started = await anotherLink(agent, { reports: { session: 2, instance: newId() } });
  await answersPing(started.socket);
  limitsEnd();
  expect(await dead.closed).toBe(4440);
  await eventually(() => agents.writeback.isUp(tenant.id)).toBe(true);
  const again = agents.writeback.order(orderFor(await addPerson()));
  await eventually(() => started.heard).toEqual(['offer']);
  limitsEnd();
  await again;
  expect(await statusOf(agent)).toBe('active');
});

test('a link whose heartbeat was too old by a wrong clock is taken when a probe is answered', async () => {
  const agent = await connectedAgent();
  await cutLink(agent);
  const behind = clock.now - 10 * 60_000;
  const { now } = clock;
  const link = await anotherLink(agent, { reports: 'nothing' });
  const probe = new Promise<Uint8Array>((resolve) => {
    link.socket.on('message', (data: Buffer) => resolve(new Uint8Array(data)));
  });
  clock.now = behind;
  const sent = report({ ...agent, socket: link.socket });
  clock.now = now;
  await sent;
  expect(agents.writeback.isUp(tenant.id)).toBe(false);
  const asked = agents.status.ask();
  const { header } = await unpack(await probe, tenant.id, () => agent.packageKey);
  await report({ ...agent, socket: link.socket }, { clock: behind }, { ...header, type: 'probed' });
  await asked;
  await eventually(() => agents.writeback.isUp(tenant.id)).toBe(true);
});
