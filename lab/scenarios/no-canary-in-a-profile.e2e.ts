/** What is left of a password on the disk of the person's own machine: nothing, in a profile that is searched whole. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { codeIn, startTestCloud, type TestCloud } from '../../packages/cloud/src/testing/test-cloud.ts';
import { type Canary, newCanary } from '../canary/canary.ts';
import { searchFiles } from '../canary/search-files.ts';
import { CHROMIUM } from './chromium.ts';

const canary = newCanary();
const refused = newCanary();
/** put into the page's own storage: a profile where this is not found was not searched */
const planted = newCanary();

test.each([
  { javaScriptEnabled: true, shown: false },
  { javaScriptEnabled: false, shown: false },
  // Of fields that show what is typed, browsers remember it to offer it again.
  { javaScriptEnabled: true, shown: true },
])(
  'no password stays in the profile of Chromium (script: $javaScriptEnabled, shown: $shown)',
  async ({ javaScriptEnabled, shown }) => {
    await using opened = new AsyncDisposableStack();
    const profile = mkdtempSync(join(tmpdir(), 'homeward-profile-'));
    // The last of the browser's processes may outlive it by a moment, and write.
    opened.defer(() => rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
    const cloud = opened.use(await startTestCloud());
    const browser = await chromium.launchPersistentContext(profile, { ...CHROMIUM, javaScriptEnabled });
    opened.defer(() => browser.close());
    await resetWith(browser, cloud, shown);
    await browser.close();

    const { files, found } = searchFiles([profile], canary);
    expect(found).toEqual([]);
    expect(files.length).toBeGreaterThan(20);
    expect(searchFiles([profile], refused).found).toEqual([]);
    expect(searchFiles([profile], planted).found.length).toBeGreaterThan(0);
  },
);

async function resetWith(browser: BrowserContext, cloud: TestCloud, shown: boolean): Promise<void> {
  const page = await browser.newPage();
  cloud.agents.answers = [
    { kind: 'refusedByPolicy', refusal: { rules: ['historyOrFilter'] } },
    { kind: 'applied' },
  ];
  await page.goto(`${cloud.url}/reset`);
  await page.locator('#user-id').fill('aberg');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/reset/code');
  await page.locator('input[name=code]').fill(codeIn(await cloud.mail.nth(1)));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/reset/password');
  await page.evaluate((text) => localStorage.setItem('planted', text), planted.password);
  await choose(page, refused, shown);
  await page.locator('main .summary').waitFor();
  await choose(page, canary, shown);
  await page.waitForURL('**/reset/done');
  expect(cloud.agents.passwords).toEqual([refused.password, canary.password]);
}

async function choose(page: Page, { password }: Canary, shown: boolean): Promise<void> {
  if (shown) await page.getByRole('button', { name: 'Show the passwords' }).click();
  await page.locator('#password').focus();
  await page.keyboard.insertText(password);
  await page.keyboard.press('Tab');
  await page.keyboard.insertText(password);
  expect(await page.locator('#password').getAttribute('type')).toBe(shown ? 'text' : 'password');
  await page.keyboard.press('Enter');
}
