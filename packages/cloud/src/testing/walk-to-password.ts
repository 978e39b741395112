import type { Page } from 'playwright-core';
import { nextCode, type TestCloud } from './test-cloud.ts';

/** Goes from the user ID to the page that asks for the password, by keyboard. */
export async function walkToPassword(page: Page, cloud: TestCloud, userId: string): Promise<void> {
  await page.goto(`${cloud.url}/reset`);
  await page.keyboard.press('Tab');
  await page.locator('#user-id').fill(userId);
  const [, code] = await nextCode(cloud.mail, async () => {
    await page.keyboard.press('Enter');
    await page.waitForURL('**/reset/code');
  });
  await page.locator('input[name=code]').fill(code);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/reset/password');
  await page.waitForLoadState();
}
