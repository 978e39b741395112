/** The page of the audit log in real Chromium: phone and desk, light and dark, axe, large text. */
import { newId } from '@homeward/protocol/id';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newMachine } from '../agents/enrolling-machine.fixture.ts';
import { type AuditEntry, auditLog } from '../audit/audit-log.ts';
import { lookAt, openChromium, openPage } from '../testing/look-at-page.ts';
import { type AdminCloud, startAdminCloud } from './admin-cloud.fixture.ts';

const FLOW = '4d33385a-0b1c-4f2e-8a9d-00c04fc964ff';
const SHARED = '4d33385a-ffff-4f2e-8a9d-00c04fc964ff';

let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

type Step = Pick<AuditEntry, 'activity' | 'result'> & { after: number; known?: boolean };

const STEPS: readonly Step[] = [
  { activity: 'resetFlowProgress', result: 'userIdSubmitted', after: 0 },
  { activity: 'resetFlowProgress', result: 'codeSent', after: 1, known: true },
  { activity: 'resetFlowProgress', result: 'codeWrong', after: 62 },
  { activity: 'resetFlowProgress', result: 'codeProven', after: 71, known: true },
  { activity: 'resetFlowProgress', result: 'passwordSubmitted', after: 118, known: true },
  { activity: 'resetPassword', result: 'refusedByPolicy', after: 119, known: true },
  { activity: 'resetFlowProgress', result: 'passwordSubmitted', after: 160, known: true },
  { activity: 'resetPassword', result: 'applied', after: 161, known: true },
  { activity: 'resetFlowProgress', result: 'confirmationMailed', after: 163, known: true },
];

/** A reset with a detour, beside what administrators, an agent and the cloud did. */
async function happened({ cloud }: AdminCloud): Promise<void> {
  const { database, tenantId, clock } = cloud;
  const { id } = await database.selectFrom('person').select('id').executeTakeFirstOrThrow();
  const append = (entry: Omit<AuditEntry, 'tenantId'>) => auditLog(database).append({ tenantId, ...entry });
  for (const { after, known, ...step } of STEPS)
    await append({
      ...{
        ...step,
        at: clock.now + after * 1_000,
        flowId: FLOW,
        clientAddress: '2001:db8:85a3::8a2e:370:7334',
      },
      ...(known && { personId: id, actorId: id }),
      ...(step.activity === 'resetPassword' && { requestId: newId() }),
    });
  await append({ at: clock.now, activity: 'resetBlocked', result: 'tooManyWrongCodes', flowId: SHARED });
  await append({ at: clock.now, activity: 'backUpStore', result: 'success' });
}

type Visit = { page: Page; go: (query?: string) => Promise<unknown> };

const PAGES: Record<string, (visit: Visit) => Promise<unknown>> = {
  audit: async ({ page, go }) => {
    await go();
    expect(await page.locator('.log > li').count()).toBeGreaterThan(12);
  },
  'audit-reset': async ({ page, go }) => {
    await go();
    await page.getByLabel('Support code').fill('4d33 385a 0b1c');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByRole('heading', { name: 'The reset 4D33-385A of anna.berg@corp.example.com' }).waitFor();
    expect(await page.locator('.log h3').first().innerText()).toBe('User ID entered');
  },
  'audit-shared-code': async ({ page, go }) => {
    await go('?flow=4D33-385A');
    expect(await page.locator('.log').count()).toBe(2);
  },
  'audit-administrators': async ({ page, go }) => {
    await go();
    await page.getByLabel('What').selectOption('administrators');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByRole('heading', { name: 'Administrator passed both gates' }).first().waitFor();
  },
  'audit-wrong': async ({ page, go }) => {
    await go('?flow=none&person=nobody');
    expect(await page.locator(':focus').getAttribute('class')).toBe('summary');
  },
  'audit-none': ({ go }) => go('?flow=ffff-0000'),
};

test.each(Object.keys(PAGES))('the administrators’ page "%s" is sound for everybody', async (name) => {
  await using side = await startAdminCloud();
  const anna = await side.newAdministrator('admin-anna');
  await (await newMachine(side, 'dc-agent-1')).enrolByToken();
  await happened(side);
  const page = await openPage(browser);
  await page.goto(`${side.url}/admin/sign-in`);
  await page.locator('input[name=userName]').fill('admin-anna');
  await page.locator('input[name=password]').fill('a plain long password');
  await page.locator('form:has(input[name=userName]) button').click();
  await page.locator('input[name=code]').fill(anna.nextCode());
  await page.locator('form:has(input[name=code]) button').click();
  await page.waitForLoadState();
  await PAGES[name]?.({ page, go: (query = '') => page.goto(`${side.url}/admin/audit${query}`) });
  await lookAt(page, 'admin', name);
  await page.context().close();
});
