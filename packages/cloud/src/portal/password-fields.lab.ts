/** What script does at the two fields of a new password, and what is there without it. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookAt, openChromium } from '../testing/look-at-page.ts';
import { startTestCloud, type TestCloud } from '../testing/test-cloud.ts';
import { walkToPassword } from '../testing/walk-to-password.ts';

const RULES = { minimumLength: 14, complexity: true, historyLength: 24 };
const DIFFER = 'The two passwords are not the same';

let browser: Browser;

beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

async function atPassword(cloud: TestCloud, javaScriptEnabled = true) {
  const policy = { source: 'domain', rules: RULES, mustChange: false, holdsOnReset: true } as const;
  cloud.agents.writeback.inspect = async () => ({ outcome: { kind: 'applied' }, policy });
  const context = await browser.newContext({ javaScriptEnabled, bypassCSP: true });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  await walkToPassword(page, cloud, 'aberg');
  return { page, [Symbol.asyncDispose]: () => context.close() };
}

const types = (page: Page) =>
  page
    .locator('#password, #confirmation')
    .evaluateAll((fields) => fields.map((field) => field.getAttribute('type')));

test('what is typed is shown to whoever asks for it, and hidden before it is sent', async () => {
  await using cloud = await startTestCloud();
  await using visit = await atPassword(cloud);
  const { page } = visit;
  expect(await types(page)).toEqual(['password', 'password']);
  await page.locator('#confirmation').focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await types(page)).toEqual(['text', 'text']);
  expect(await page.locator(':focus').innerText()).toBe('Hide the passwords');
  expect(page.url()).toContain('/reset/password');

  await page.route('**/reset/password/ticket', (route) => route.abort());
  await page.locator('#password').fill('Correct horse 7');
  await page.locator('#confirmation').fill('Correct horse 7');
  await page.locator('#confirmation').press('Enter');
  await page.getByText('The connection was interrupted').waitFor();
  expect(await types(page)).toEqual(['password', 'password']);
  await page.getByRole('button', { name: 'Show the passwords' }).waitFor();
});

test('two that differ are told while they are typed, and no more than that', async () => {
  await using cloud = await startTestCloud();
  await using visit = await atPassword(cloud);
  const { page } = visit;
  const told = () => page.locator('.differ').innerText();
  await page.locator('#password').fill('Correct horse 7');
  await page.locator('#confirmation').fill('Correct');
  expect(await told()).toBe('');
  await page.locator('#confirmation').fill('Corect');
  expect(await told()).toBe(DIFFER);
  await page.locator('#confirmation').fill('Correct horse 7');
  expect(await told()).toBe('');
  await page.locator('#password').fill('Correct horse 8');
  expect(await told()).toBe(DIFFER);
});

test('a rule that was broken is marked until the next password is typed', async () => {
  await using cloud = await startTestCloud();
  await using visit = await atPassword(cloud);
  const { page } = visit;
  cloud.agents.answers = [{ kind: 'refusedByPolicy', refusal: { rules: ['tooShort'], minimumLength: 14 } }];
  await page.locator('#password').fill('Correct 7');
  await page.locator('#confirmation').fill('Correct 7');
  await page.locator('#confirmation').press('Enter');
  const rule = page.locator('li[data-rule=length]');
  await page.locator('.rules.live li.broken').waitFor();
  expect(await rule.textContent()).toBe('14 or more characters (not met)');
  await page.getByRole('link', { name: 'Go to the password field' }).click();
  await page.keyboard.type('Correct horse 7');
  expect(await rule.textContent()).toBe('14 or more characters (met)');
  expect(await page.locator('.broken').count()).toBe(0);
});

test('without script there is nothing to press that does nothing', async () => {
  await using cloud = await startTestCloud();
  await using visit = await atPassword(cloud, false);
  expect(await visit.page.locator('form button').allInnerTexts()).toEqual(['Change my password']);
});

test('where script is required and missing, the page says so first, and its form looks as dead as it is', async () => {
  const tenant = { name: 'Example Corporation', sealing: 'required' };
  await using cloud = await startTestCloud({ config: { tenant } });
  await using visit = await atPassword(cloud);
  const { page } = visit;
  // The pictures and axe need script: only that of the page is kept away.
  await page.route('**/assets/*.js', (route) => route.abort());
  await page.reload();
  expect(await page.locator('.sheet > :first-child').getAttribute('id')).toBe('script-needed');
  const cursor = () =>
    page.locator('button[type=submit]').evaluate((button) => getComputedStyle(button).cursor);
  expect(await cursor()).toBe('not-allowed');
  await lookAt(page, 'pages', 'password-needs-script');
});
