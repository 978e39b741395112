/**
 * Makes docs/images/reset-on-a-phone.png anew, from the real pages of a real reset: `node lab/demo/take-pictures.ts`
 * after a change of what they look like.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { bringLabUp } from '../forest/bring-lab-up.ts';
import { inventPassword } from '../forest/invent-password.ts';
import { setPassword } from '../forest/set-password.ts';
import { labFolder } from '../lab-file.ts';
import { openChromium } from '../scenarios/chromium.ts';
import { type Homeward, startHomeward } from './homeward.ts';
import { waitForCode } from './reset-over-http.ts';

const PICTURE = resolve(import.meta.dirname, '../../docs/images/reset-on-a-phone.png');
const PHONE = { width: 390, height: 844 };
const GAP = 20;

const { lab } = await bringLabUp(labFolder(), (line) => console.log(line));
const folder = mkdtempSync(join(tmpdir(), 'homeward-pictures-'));
const homeward = await startHomeward({ lab, folder, cables: false });
const browser = await openChromium();
try {
  await putSideBySide(browser, await picturesOfReset(browser, homeward));
  console.log(PICTURE);
} finally {
  await browser.close();
  await homeward.stop();
  rmSync(folder, { recursive: true });
}

/** User ID, code, new password half typed, success. */
async function picturesOfReset(on: Browser, { url, mailbox, forest }: Homeward): Promise<Buffer[]> {
  const person = forest.people.find(({ kind }) => kind === 'ordinary');
  if (person === undefined) throw new Error('the lab has nobody to reset');
  await setPassword(forest, person.userName, person.password);
  const context = await on.newContext({ viewport: PHONE, colorScheme: 'light' });
  const page = await context.newPage();
  const pictures: Buffer[] = [];
  const look = async () => pictures.push(await page.screenshot({ animations: 'disabled', caret: 'hide' }));

  await page.goto(`${url}/reset`);
  await look();
  const asked = Date.now();
  await fill(page, 'userId', person.userPrincipalName);
  await send(page, '/reset/code');
  await look();
  await fill(page, 'code', await waitForCode(mailbox, person.mail, asked));
  await send(page, '/reset/password');
  const password = inventPassword();
  // Too short yet: the page ticks what is met already.
  await fill(page, 'password', password.slice(0, 6));
  await page.evaluate(() => scrollTo(0, 0));
  await look();
  await fill(page, 'password', password);
  await fill(page, 'confirmation', password);
  await send(page, '/reset/done');
  await page.locator('.success').waitFor();
  await look();
  await setPassword(forest, person.userName, person.password);
  await context.close();
  return pictures;
}

async function fill(page: Page, name: string, text: string): Promise<void> {
  await page.locator(`input[name="${name}"]`).fill(text);
}

async function send(page: Page, path: string): Promise<void> {
  await page.locator('main form button:not([type="button"])').first().click();
  await page.waitForURL((url) => url.pathname === path);
}

async function putSideBySide(on: Browser, pictures: readonly Buffer[]): Promise<void> {
  const width = pictures.length * (PHONE.width + GAP) + GAP;
  const page = await on.newPage({ viewport: { width, height: PHONE.height + 2 * GAP } });
  const images = pictures.map((one) => `<img src="data:image/png;base64,${one.toString('base64')}">`);
  const style = `body { margin: ${GAP}px; display: flex; gap: ${GAP}px; background: #d9d6cf } img { display: block; border-radius: 20px }`;
  await page.setContent(`<style>${style}</style>${images.join('')}`);
  await page.screenshot({ path: PICTURE });
}
