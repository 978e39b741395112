/** Every page of the administrators' portal in real Chromium: phone and desk, light and dark, axe, large text. */
import { newId } from '@homeward/protocol/id';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepAgentEvents, type ToldEvents } from '../agents/agent-events.ts';
import { NORTH, newMachine } from '../agents/enrolling-machine.fixture.ts';
import type { TenantStatus } from '../agents/status.ts';
import { siteOf } from '../portal/site.ts';
import { lookAt, openChromium, openPage } from '../testing/look-at-page.ts';
import { type AdminCloud, endingOf, startAdminCloud } from './admin-cloud.fixture.ts';
import type { Administrator as AdministratorRow } from './administrator-store.ts';
import { integrationPage } from './integration-page.tsx';
import { aTenantStatus } from './integration-status.fixture.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

type Administrator = Awaited<ReturnType<AdminCloud['newAdministrator']>>;
type Visit = { page: Page; side: AdminCloud; anna: Administrator; go: (path: string) => Promise<unknown> };

const fill = async (page: Page, fields: Record<string, string>) => {
  for (const [name, value] of Object.entries(fields)) await page.locator(`input[name=${name}]`).fill(value);
  const [first] = Object.keys(fields);
  await page.locator(`form:has(input[name=${first}]) button:not([form])`).click();
  await page.waitForLoadState();
};

const givePassword = async ({ page, anna, go }: Visit, password = 'a plain long password') => {
  await go('/admin/sign-in');
  await fill(page, { userName: anna.userName, password });
};

const signIn = async (visit: Visit) => {
  await givePassword(visit);
  await fill(visit.page, { code: visit.anna.nextCode() });
};

const gates = ({ anna }: Visit) => ({ password: 'a plain long password', code: anna.nextCode() });

/** The forest's only agent was revoked in the portal, and another machine comes in its place. */
const oneReplaced = async (visit: Visit) => {
  const { side } = visit;
  const { body } = await (await newMachine(side, 'dc-agent-1')).enrolByToken();
  await signIn(visit);
  await visit.go(`/admin/agents/${body['agentId']}/revoke`);
  await fill(visit.page, gates(visit));
  return newMachine(side, 'dc-agent-2');
};

const oneShutOut = async (visit: Visit) => {
  const { id } = await oneWaits(visit);
  const { database } = visit.side.cloud;
  await database.updateTable('agent').set({ status: 'cloned' }).where('id', '=', id).execute();
  await signIn(visit);
  await visit.go('/admin/integration');
  await visit.page.getByRole('link', { name: 'Let dc-agent-2 in again' }).click();
};

const oneWaits = async ({ side }: Visit) => {
  const first = await newMachine(side, 'dc-agent-1');
  await first.enrolByToken();
  await (await newMachine(side, 'north-agent-1', [NORTH])).enrolByToken();
  const second = await newMachine(side, 'dc-agent-2');
  const { body } = await second.enrolByToken();
  return { second, id: String(body['agentId']) };
};

/** More than a page of them, of all levels. */
const eventsTold = async ({ side }: Visit) => {
  const { tenantId, database } = side.cloud;
  const at = side.clock.now;
  const corp = { forest: 'corp.example.com', controller: 'dc1.corp.example.com' };
  const asked = { operation: 'reset', person: newId(), requestId: newId() };
  const applied = { outcome: 'applied', versionBefore: 7, versionAfter: 8 };
  const refused = { outcome: 'refusedByAgent', rule: 'breaker' };
  const [first = '', second = ''] = await Promise.all(
    ['dc-agent-1', 'north-agent-1'].map(async (name, index) => {
      const machine = await newMachine(side, name, index === 0 ? undefined : [NORTH]);
      return String((await machine.enrolByToken()).body['agentId']);
    }),
  );
  const tell = (agentId: string, events: Omit<ToldEvents[number], 'id'>[]) =>
    keepAgentEvents(
      database,
      { agentId, tenantId, now: at },
      events.map((event) => ({ id: newId(), ...event })),
    );
  await tell(first, [
    { time: at, event: 31002, level: 'info', ...asked, ...applied, ...corp },
    { time: at - 400, event: 31001, level: 'info', ...asked, ...corp },
    { time: at - 60_000, event: 32008, level: 'warn', ...asked, ...refused, ...corp },
    ...Array.from({ length: 24 }, (_, count) => ({
      ...{ time: at - count * 300_000 - 90_000, event: 31044, level: 'warn' as const, code: 'ECONNRESET' },
    })),
  ]);
  await tell(second, [{ time: at - 30_000, event: 32005, level: 'error', code: 'ERR_CONFIG_INVALID' }]);
};

/** As it is with an agent that runs: one that does is with the real directory, in lab/scenarios. */
const integrationOf = async (visit: Visit, changes: Partial<TenantStatus>) => {
  await signIn(visit);
  const { page, side, anna } = visit;
  const styleHref = (await page.locator('link[rel=stylesheet]').getAttribute('href')) ?? '';
  const assets = { styleHref, iconHref: '/', rulesHref: '/', sealHref: undefined };
  const site = siteOf({ ...side.cloud.config.tenant, publicUrl: side.url }, assets);
  const administrator = { userName: anna.userName } as AdministratorRow;
  const shown = integrationPage(site, { administrator, status: aTenantStatus(changes), news: undefined });
  const body = `<!doctype html>${shown}`;
  await page.route('**/admin/integration', (route) => route.fulfill({ contentType: 'text/html', body }));
  await visit.go('/admin/integration');
};

const toMachine = async (visit: Visit) => {
  const machine = await newMachine(visit.side, 'dc-agent-1');
  const code = await machine.askForCode();
  await signIn(visit);
  await visit.go('/admin/approve');
  await fill(visit.page, { userCode: code.user_code });
  return machine;
};

const PAGES: Record<string, (visit: Visit) => Promise<unknown>> = {
  'sign-in': ({ go }) => go('/admin'),
  'sign-in-wrong': (visit) => givePassword(visit, 'wrong'),
  code: (visit) => givePassword(visit),
  'code-wrong': async (visit) => {
    await givePassword(visit);
    await fill(visit.page, { code: '000000' });
  },
  'agents-none': signIn,
  agents: async (visit) => {
    const { id } = await oneWaits(visit);
    const gone = await newMachine(visit.side, 'old-agent', [{ ...NORTH, sid: 'S-1-5-21-7-8-9' }]);
    const { body } = await gone.enrolByToken();
    await signIn(visit);
    await visit.go(`/admin/agents/${body['agentId']}/revoke`);
    await fill(visit.page, gates(visit));
    expect(id).not.toBe('');
  },
  'approve-code': async (visit) => {
    await signIn(visit);
    await visit.go('/admin/approve');
  },
  'approve-code-unknown': async (visit) => {
    await signIn(visit);
    await visit.go('/admin/approve');
    await fill(visit.page, { userCode: 'bbbb bbbb' });
  },
  machine: toMachine,
  'machine-wrong': async (visit) => {
    await toMachine(visit);
    await fill(visit.page, { ending: 'ffffff', password: 'x', code: '1' });
  },
  approved: async (visit) => {
    const machine = await toMachine(visit);
    await fill(visit.page, { ending: endingOf(machine), ...gates(visit) });
    expect(await visit.page.locator('.card').innerText()).toContain('Has not fetched its enrolment');
  },
  'machine-refused': async (visit) => {
    await toMachine(visit);
    await visit.page.getByRole('button', { name: 'Refuse it' }).click();
    await visit.page.getByText('Refused. The machine is told so').waitFor();
  },
  'not-found': async (visit) => {
    await signIn(visit);
    await visit.go('/admin/nowhere');
  },
  'machine-over': async (visit) => {
    await toMachine(visit);
    visit.side.clock.now += 600_000;
    await visit.page.reload();
  },
  waiting: async (visit) => {
    const { id } = await oneWaits(visit);
    await signIn(visit);
    await visit.go(`/admin/agents/${id}`);
  },
  'waiting-approved': async (visit) => {
    const { id, second } = await oneWaits(visit);
    await signIn(visit);
    await visit.go(`/admin/agents/${id}`);
    const proofs = { ending: endingOf(second), password: 'a plain long password' };
    await fill(visit.page, { ...proofs, code: visit.anna.nextCode() });
    await visit.go(`/admin/agents/${id}`);
  },
  revoke: async (visit) => {
    const { id } = await oneWaits(visit);
    await signIn(visit);
    await visit.go(`/admin/agents/${id}/revoke`);
  },
  'revoke-last-alone': async (visit) => {
    const { body } = await (await newMachine(visit.side, 'dc-agent-1')).enrolByToken();
    await signIn(visit);
    await visit.go(`/admin/agents/${body['agentId']}/revoke`);
    expect(await visit.page.locator('main').innerText()).toContain('You are the only administrator.');
  },
  'revoke-wrong': async (visit) => {
    const { id } = await oneWaits(visit);
    await signIn(visit);
    await visit.go(`/admin/agents/${id}/revoke`);
    await fill(visit.page, { password: 'wrong', code: '000000' });
    expect(await visit.page.locator(':focus').getAttribute('class')).toBe('summary');
  },
  reinstate: oneShutOut,
  'reinstate-wrong': async (visit) => {
    await oneShutOut(visit);
    await fill(visit.page, { password: '', code: '' });
  },
  reinstated: async (visit) => {
    await oneShutOut(visit);
    await fill(visit.page, gates(visit));
    expect(await visit.page.locator('[role=status]').innerText()).toContain('Let in again.');
  },
  'machine-replaces': async (visit) => {
    const machine = await oneReplaced(visit);
    await visit.go('/admin/approve');
    await fill(visit.page, { userCode: (await machine.askForCode()).user_code });
  },
  'waiting-replaces': async (visit) => {
    const { body } = await (await oneReplaced(visit)).enrolByToken();
    await visit.go(`/admin/agents/${body['agentId']}`);
  },
  events: async (visit) => {
    await eventsTold(visit);
    await signIn(visit);
    await visit.go('/admin/events');
  },
  'events-ids': async (visit) => {
    await eventsTold(visit);
    await signIn(visit);
    await visit.go('/admin/events?since=1h&event=31002,32008');
    await visit.page.locator('summary').first().click();
    await visit.page.getByText('homeward-agent sync explain').first().waitFor();
  },
  'events-chosen': async (visit) => {
    await eventsTold(visit);
    await signIn(visit);
    await visit.go('/admin/events');
    await visit.page.getByLabel('Agent').selectOption('north-agent-1');
    await visit.page.getByLabel('Since').selectOption('An hour ago');
    await fill(visit.page, { event: '32005' });
    expect(await visit.page.locator('.event').count()).toBe(1);
  },
  'events-wrong': async (visit) => {
    await signIn(visit);
    await visit.go('/admin/events?agent=nobody');
    await fill(visit.page, { event: 'reset' });
  },
  'events-none': async (visit) => {
    await signIn(visit);
    await visit.go('/admin/events');
  },
  integration: async (visit) => {
    await oneWaits(visit);
    await signIn(visit);
    await visit.page.getByRole('link', { name: 'Integration' }).click();
    await visit.page.getByRole('link', { name: 'Events of dc-agent-1' }).waitFor();
  },
  'integration-up': (visit) => integrationOf(visit, { state: 'up' }),
  'integration-attention': (visit) => integrationOf(visit, { state: 'upWithWarnings' }),
  'integration-down': async (visit) => {
    await oneWaits(visit);
    await signIn(visit);
    visit.side.clock.now += 120_000;
    await visit.go('/admin/integration');
    await visit.page.locator('.verdict.summary').waitFor();
  },
  limited: async (visit) => {
    for (let count = 0; count < 11; count++) await givePassword(visit, 'wrong');
  },
};

test.each(Object.keys(PAGES))('the administrators’ page "%s" is sound for everybody', async (name) => {
  await using side = await startAdminCloud();
  const anna = await side.newAdministrator('admin-anna');
  const page = await openPage(browser);
  await PAGES[name]?.({ page, side, anna, go: (path) => page.goto(`${side.url}${path}`) });
  await lookAt(page, 'admin', name);
  await page.context().close();
});

test('a machine is approved by keyboard alone, without script, and a problem is where the focus is', async () => {
  await using side = await startAdminCloud();
  const anna = await side.newAdministrator('admin-anna');
  const machine = await newMachine(side, 'dc-agent-1');
  const code = await machine.askForCode();
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const type = async (id: string, text: string) => {
    const focused = page.locator(`#${id}:focus`);
    for (let count = 0; count < 20 && (await focused.count()) === 0; count++)
      await page.keyboard.press('Tab');
    await page.keyboard.type(text);
  };
  const enter = async () => {
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    await page.waitForLoadState();
  };
  await page.goto(`${side.url}/admin`);
  await type('user-name', anna.userName);
  await type('password', 'a plain long password');
  await enter();
  await type('code', anna.nextCode());
  await enter();
  await page.goto(`${side.url}/admin/approve`);
  await type('user-code', code.user_code);
  await enter();
  await type('ending', 'ffffff');
  await type('password', 'a plain long password');
  await type('code', anna.nextCode());
  await enter();
  expect(await page.locator(':focus').getAttribute('class')).toBe('summary');
  await page.keyboard.press('Tab');
  await enter();
  await page.locator('#ending:focus').waitFor();
  await page.keyboard.type(endingOf(machine));
  await type('password', 'a plain long password');
  await type('code', anna.nextCode());
  await enter();
  expect(await page.locator('[role=status]').innerText()).toContain('Approved.');
  expect((await machine.poll(code.device_code)).status).toBe(201);
  await context.close();
});
