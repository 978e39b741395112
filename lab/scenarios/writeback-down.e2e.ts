/** What people are told while the company's side, or the cloud, is away; and that it comes back by itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Homeward, PATIENT_PAGES, startHomeward } from '../demo/homeward.ts';
import { PlainBrowser, passGates, submitPassword, waitForCode } from '../demo/reset-over-http.ts';
import { inventPassword } from '../forest/invent-password.ts';
import { provePasswordByKinit } from '../forest/kinit.ts';
import { setPassword } from '../forest/set-password.ts';
import { type LabPerson, readLab } from '../lab-file.ts';
import { ownLabFile } from '../own-lab.ts';
import { keepScreenshot, openChromium, openContext } from './chromium.ts';

let homeward: Homeward;
let folder: string;
let person: LabPerson;

beforeAll(async () => {
  const lab = await readLab(ownLabFile());
  folder = mkdtempSync(join(tmpdir(), 'homeward-e2e-'));
  homeward = await startHomeward({ lab, folder, cloud: PATIENT_PAGES });
  const [first] = homeward.forest.people.filter(({ kind }) => kind === 'ordinary').toReversed();
  if (first === undefined) throw new Error('the lab has nobody to reset');
  person = first;
  await setPassword(homeward.forest, person.userName, person.password);
});

afterAll(async () => {
  await homeward?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function resetSucceeds(): Promise<void> {
  const browser = new PlainBrowser();
  const password = inventPassword();
  const { url, mailbox, forest } = homeward;
  await passGates(browser, { url, mailbox, userName: person.userPrincipalName, mail: person.mail });
  await submitPassword(browser, password);
  expect(browser.heading).toBe('Your password has been changed');
  expect(await provePasswordByKinit(forest, person.userPrincipalName, password)).toBe('accepted');
}

test('with no agent connected everybody is told before any gate, and nobody’s account is looked at', async () => {
  await homeward.agent.stop();
  // The process is gone; that its link is, the cloud learns a moment later.
  const isUp = async () => (await fetch(`${homeward.url}/reset`, { headers: { connection: 'close' } })).ok;
  await expect.poll(isUp, { timeout: 60_000 }).toBe(false);
  const pages = await Promise.all(
    [person.userPrincipalName, 'nobody.here@corp.example.com'].map(async (userId) => {
      const browser = new PlainBrowser();
      await browser.open(`${homeward.url}/reset`);
      const response = await fetch(`${homeward.url}/reset`, {
        method: 'POST',
        body: new URLSearchParams({ userId }),
        headers: { origin: homeward.url, connection: 'close' },
        redirect: 'manual',
      });
      return { first: browser.page.status, firstHeading: browser.heading, posted: response.status };
    }),
  );
  expect(pages[0]).toEqual(pages[1]);
  const down = 'Password reset is not available right now';
  expect(pages[0]).toEqual({ first: 503, posted: 503, firstHeading: down });
  const chromium = await openChromium();
  const context = await openContext(chromium, { width: 'phone' });
  const page = await context.newPage();
  await page.goto(`${homeward.url}/reset`);
  expect(await page.locator('h1').innerText()).toBe(down);
  expect(await page.locator('input').count()).toBe(0);
  await keepScreenshot(page, 'writeback-down');
  await chromium.close();
  await homeward.startAgent();
  await resetSucceeds();
});

test('an agent that was killed comes back to the same identity and serves on', async () => {
  await homeward.agent.kill();
  await homeward.startAgent();
  await resetSucceeds();
});

test('when the cloud restarts in the middle, the agent finds it again and an open flow goes on', async () => {
  const browser = new PlainBrowser();
  const { url, mailbox } = homeward;
  await browser.open(`${url}/reset`);
  const after = Date.now();
  await browser.submit({ userId: person.userPrincipalName });
  const code = await waitForCode(mailbox, person.mail, after);
  await homeward.restartCloud();
  await browser.submit({ code });
  await submitPassword(browser, inventPassword());
  expect(browser.heading).toBe('Your password has been changed');
});

test('a code that is older than its time is refused in words, with a way to a new one', async () => {
  await homeward.restartCloud({ timings: { ...PATIENT_PAGES.timings, codeSeconds: 1 } });
  const chromium = await openChromium();
  const context = await openContext(chromium, { width: 'phone', scheme: 'dark' });
  const page = await context.newPage();
  await page.goto(`${homeward.url}/reset`);
  const after = Date.now();
  await page.locator('input[name=userId]').fill(person.userPrincipalName);
  await page.locator('form button').first().click();
  const code = await waitForCode(homeward.mailbox, person.mail, after);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  await page.locator('input[name=code]').fill(code);
  await page.locator('form:has(input[name=code]) button').first().click();
  await page.getByText('That code has expired').first().waitFor();
  expect(new URL(page.url()).pathname).toBe('/reset/code');
  expect(await page.locator('form[action="/reset/code/new"] button').isVisible()).toBe(true);
  await keepScreenshot(page, 'code-expired');
  await chromium.close();
  await homeward.restartCloud();
});
