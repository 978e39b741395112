import { afterEach, beforeEach, expect, test } from 'vitest';
import { newMachine } from '../agents/enrolling-machine.fixture.ts';
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
