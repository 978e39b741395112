import { afterEach, beforeEach, expect, test } from 'vitest';
import { newMachine } from '../agents/enrolling-machine.fixture.ts';
import { ANNA } from '../testing/test-cloud.ts';
import { type AdminCloud, startAdminCloud } from './admin-cloud.fixture.ts';

let side: AdminCloud;

beforeEach(async () => {
  side = await startAdminCloud();
});
afterEach(() => side[Symbol.asyncDispose]());

test('nobody sees the integration page without a session', async () => {
  const anna = await side.newAdministrator('admin-anna');
  expect((await anna.browser.get('/admin/integration')).path).toContain('/admin/sign-in');
});

test('without an agent the page says how to set one up', async () => {
  const anna = await side.newAdministrator('admin-anna');
  await side.cloud.database.deleteFrom('person').execute();
  await anna.signIn();
  const page = await anna.browser.get('/admin/integration');
  expect(page.title).toBe('On-premises integration – Administration – Example Corporation');
  expect(page.html).toContain('Writeback is not set up');
  expect(page.html).toContain('homeward-agent writeback enable');
});

test('an agent that is away is named with what to do, never green', async () => {
  const anna = await side.newAdministrator('admin-anna');
  await anna.signIn();
  const machine = await newMachine(side, 'dc-agent-1');
  await machine.enrolByToken();
  side.cloud.clock.now += 120_000;
  const { html } = await anna.browser.get('/admin/integration');
  expect(html).toContain('Writeback is down: The agent is not connected');
  expect(html).toContain('homeward-agent preflight');
  expect(html).toContain('dc-agent-1');
  expect(html).not.toContain('Up and running');
});

test('only agents in service serve a forest: one that waits to be admitted gets nothing', async () => {
  const anna = await side.newAdministrator('admin-anna');
  await anna.signIn();
  for (const name of ['dc-agent-1', 'dc-agent-2']) await (await newMachine(side, name)).enrolByToken();
  const { html } = await anna.browser.get('/admin/integration');
  expect(html).toContain('<dt>Served by</dt><dd>dc-agent-1</dd>');
  expect(html).toContain('The agent waits to be admitted');
});

test('after the last agent is revoked every page says that none is left, and names the forest', async () => {
  const anna = await side.newAdministrator('admin-anna');
  await anna.signIn();
  const forest = { sid: ANNA.forest, domain: 'corp.example.com', netbiosName: 'CORP' };
  const { body } = await (await newMachine(side, 'dc-agent-1', [forest])).enrolByToken();
  await anna.confirm(`/admin/agents/${body['agentId']}/revoke`);
  const listed = await anna.browser.get('/admin');
  expect(listed.html).toContain('No agent is in service any more: nobody can reset a password now.');
  expect(listed.html).not.toContain('No agent has been set up yet');
  const { html } = await anna.browser.get('/admin/integration');
  expect(html).toContain('Writeback is down: No agent serves here');
  expect(html).toContain('<h3>corp.example.com</h3>');
  expect(html).not.toContain(ANNA.forest);
});
