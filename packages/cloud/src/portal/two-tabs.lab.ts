/** Two tabs of one real browser, with one cookie between them, each at a reset of its own. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openChromium } from '../testing/look-at-page.ts';
import { loseAnswer } from '../testing/lose-answer.ts';
import { ANNA, BEN, nextCode, startTestCloud, type TestCloud } from '../testing/test-cloud.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

async function atCode(context: BrowserContext, cloud: TestCloud, userId: string) {
  const page = await context.newPage();
  await page.goto(`${cloud.url}/reset`);
  await page.locator('#user-id').fill(userId);
  const [, code] = await nextCode(cloud.mail, async () => {
    await page.keyboard.press('Enter');
    await page.waitForURL('**/reset/code');
  });
  return { page, code };
}

async function enter(page: Page, code: string): Promise<void> {
  await page.locator('input[name=code]').fill(code);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/reset/password');
  await page.waitForLoadState();
}

async function choose(page: Page, password: string): Promise<void> {
  await page.locator('#password').fill(password);
  await page.locator('#confirmation').fill(password);
  await page.locator('#confirmation').press('Enter');
}

const toldEarlier = (page: Page) =>
  page.getByRole('heading', { name: 'This page belongs to an earlier reset' }).waitFor();

async function openContext(javaScriptEnabled: boolean) {
  const context = await browser.newContext({ javaScriptEnabled });
  context.setDefaultTimeout(60_000);
  return Object.assign(context, { [Symbol.asyncDispose]: () => context.close() });
}

const SCRIPT = [
  ['with script', true],
  ['without script', false],
] as const;

test.each(SCRIPT)(
  'a password for one account is not set for the other, which the second tab asks about, %s',
  async (_name, script) => {
    await using cloud = await startTestCloud({ people: [ANNA, BEN] });
    await using context = await openContext(script);
    const anna = await atCode(context, cloud, ANNA.userName);
    await enter(anna.page, anna.code);
    const ben = await atCode(context, cloud, BEN.userName);
    await enter(ben.page, ben.code);

    await choose(anna.page, 'for Anna only 1');
    await toldEarlier(anna.page);
    expect(cloud.agents.orders).toEqual([]);
    await anna.page.getByRole('link', { name: 'Go on with the newer one' }).click();
    expect(await anna.page.locator('.account').innerText()).toBe(`For the account ${BEN.userName}`);

    await choose(ben.page, 'for Ben only 1');
    await ben.page.waitForURL('**/reset/done');
    expect(await ben.page.locator('.success').innerText()).toContain(BEN.userName);
    expect(cloud.agents.passwords).toEqual(['for Ben only 1']);
    expect(cloud.agents.orders).toHaveLength(1);
  },
);

test.each(SCRIPT)(
  'a password is not lost without a word while the second tab waits for a code, %s',
  async (_name, script) => {
    await using cloud = await startTestCloud({ people: [ANNA, BEN] });
    await using context = await openContext(script);
    const anna = await atCode(context, cloud, ANNA.userName);
    await enter(anna.page, anna.code);
    const ben = await atCode(context, cloud, BEN.userName);

    await choose(anna.page, 'for Anna only 1');
    await toldEarlier(anna.page);
    await anna.page.getByRole('link', { name: 'Go on with the newer one' }).click();
    await anna.page.waitForURL('**/reset/code');
    await enter(anna.page, ben.code);
    await choose(anna.page, 'for Ben only 1');
    await anna.page.waitForURL('**/reset/done');
    expect(cloud.agents.passwords).toEqual(['for Ben only 1']);
  },
);

test('a code of the first tab uses up no try of the second', async () => {
  await using cloud = await startTestCloud({ people: [ANNA, BEN] });
  await using context = await openContext(true);
  const anna = await atCode(context, cloud, ANNA.userName);
  const ben = await atCode(context, cloud, BEN.userName);
  await anna.page.locator('input[name=code]').fill(anna.code);
  await anna.page.keyboard.press('Enter');
  await toldEarlier(anna.page);
  const { triesLeft } = await cloud.database
    .selectFrom('emailCode')
    .select('triesLeft')
    .orderBy('wantedAt', 'desc')
    .executeTakeFirstOrThrow();
  expect(triesLeft).toBe(5);
  await enter(ben.page, ben.code);
});

test('what was lost on the way is not told by the end of another reset', async () => {
  await using cloud = await startTestCloud({ people: [ANNA, BEN] });
  await using context = await openContext(true);
  const anna = await atCode(context, cloud, ANNA.userName);
  await enter(anna.page, anna.code);
  await anna.page.route('**/reset/password', loseAnswer);
  await choose(anna.page, 'for Anna only 1');
  await anna.page.getByText('The connection was interrupted').waitFor();
  const ben = await atCode(context, cloud, BEN.userName);
  await enter(ben.page, ben.code);
  await choose(ben.page, 'for Ben only 1');
  await ben.page.waitForURL('**/reset/done');

  await anna.page.locator('#confirmation').press('Enter');
  await anna.page.getByRole('heading', { name: 'This reset can no longer be shown here' }).waitFor();
  expect(cloud.agents.passwords).toEqual(['for Anna only 1', 'for Ben only 1']);
});
