/** The main job in a real browser, against a real directory, through every part. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Homeward, PATIENT_PAGES, startHomeward } from '../demo/homeward.ts';
import { waitForCode } from '../demo/reset-over-http.ts';
import { inventPassword } from '../forest/invent-password.ts';
import { provePasswordByKinit } from '../forest/kinit.ts';
import { setPassword } from '../forest/set-password.ts';
import { type LabPerson, type LabPersonKind, readLab } from '../lab-file.ts';
import { ownLabFile } from '../own-lab.ts';
import { keepScreenshot, openChromium, openContext, type View } from './chromium.ts';

let homeward: Homeward;
let folder: string;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const taken = new Set<string>();

beforeAll(async () => {
  const lab = await readLab(ownLabFile());
  folder = mkdtempSync(join(tmpdir(), 'homeward-e2e-'));
  [homeward, browser] = await Promise.all([
    startHomeward({ lab, folder, cloud: PATIENT_PAGES }),
    openChromium(),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await homeward?.stop();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => open({ width: 'desk' }));
afterEach(() => context.close());

async function open(view: View): Promise<void> {
  await context?.close();
  context = await openContext(browser, view);
  page = await context.newPage();
}

/** Somebody that no other test uses, with the password that the lab gave them. */
async function somebody(kind: LabPersonKind = 'ordinary'): Promise<LabPerson> {
  const person = homeward.forest.people.find((one) => one.kind === kind && !taken.has(one.userName));
  if (person === undefined) throw new Error(`nobody of kind ${kind} is left`);
  taken.add(person.userName);
  if (kind === 'ordinary') await setPassword(homeward.forest, person.userName, person.password);
  return person;
}

const heading = () => page.locator('h1').innerText();
/** A page that came by a click may still be on its way when the click is over. */
const told = (words: RegExp | string) => page.locator('main', { hasText: words }).waitFor();

async function submitUserId(typed: string): Promise<number> {
  await page.goto(`${homeward.url}/reset`);
  await page.locator('input[name=userId]').fill(typed);
  const asked = Date.now();
  await page.locator('form button').first().click();
  return asked;
}

async function submitCode(code: string): Promise<void> {
  await page.locator('input[name=code]').fill(code);
  await page.locator('form:has(input[name=code]) button').first().click();
}

async function passGates(person: LabPerson): Promise<void> {
  const after = await submitUserId(person.userPrincipalName);
  const code = await waitForCode(homeward.mailbox, person.mail, after);
  await submitCode(code);
  // Its script listens from here on.
  await page.waitForLoadState('load');
}

async function submitPassword(password: string, confirmation = password): Promise<void> {
  await page.locator('input[name=password]').fill(password);
  await page.locator('input[name=confirmation]').fill(confirmation);
  await page.locator('form:has(input[name=password]) button[type=submit]').click();
  // Script puts the answer in the place of the page: there is no navigation to wait for.
  await page.locator('button[aria-busy]').waitFor({ state: 'detached' });
}

const proof = (person: LabPerson, password: string) =>
  provePasswordByKinit(homeward.forest, person.userPrincipalName, password);

test.each<[string, View]>([
  ['a phone without script', { width: 'phone', script: false }],
  ['a desk in the dark', { width: 'desk', scheme: 'dark' }],
])('a person resets a forgotten password on %s, and it holds in the directory', async (name, view) => {
  await open(view);
  const person = await somebody();
  const shot = (step: string) => keepScreenshot(page, `success-${name.replaceAll(' ', '-')}-${step}`);
  await page.goto(`${homeward.url}/reset`);
  await shot('1-user-id');
  const after = await submitUserId(person.userPrincipalName);
  await shot('2-code');
  const code = await waitForCode(homeward.mailbox, person.mail, after);
  await submitCode(code);
  await shot('3-password');
  const password = inventPassword();
  await submitPassword(password);
  await page.waitForURL('**/reset/done');
  expect(await heading()).toBe('Your password has been changed');
  await shot('4-done');
  expect(await proof(person, password)).toBe('accepted');
  expect(await proof(person, person.password)).toBe('refused');
  const mails = () => homeward.mailbox.messagesFor(person.mail);
  await homeward.mailbox.waitForMessage(person.mail, { subject: 'Your password was changed' });
  expect(JSON.stringify(mails())).not.toContain(password);
});

test('a wrong code is told with the tries that are left, and after five it is used up', async () => {
  const person = await somebody();
  const after = await submitUserId(person.userPrincipalName);
  const code = await waitForCode(homeward.mailbox, person.mail, after);
  const wrong = code === '000000' ? '111111' : '000000';
  await submitCode(wrong);
  await told(/4 (more )?tries/);
  await keepScreenshot(page, 'code-wrong');
  for (const left of [3, 2, 1]) {
    await submitCode(wrong);
    await told(new RegExp(`${left} (more )?(tries|try)`));
  }
  await submitCode(wrong);
  await told('It was wrong too often.');
  await keepScreenshot(page, 'code-used-up');
  expect(await page.locator('input[name=code]').count()).toBe(0);
  const flow = await page.locator('input[name=flow]').inputValue();
  const refused = await page.request.post(`${homeward.url}/reset/code`, {
    form: { flow, code },
    headers: { origin: homeward.url },
    maxRedirects: 0,
  });
  expect(refused.headers()['location'] ?? '').not.toContain('/reset/password');
  await page.goto(`${homeward.url}/reset/password`);
  expect(new URL(page.url()).pathname).toBe('/reset/code');
});

test('an unknown name is answered like a known one, up to the code', async () => {
  const person = await somebody();
  await submitUserId(person.userPrincipalName);
  await page.locator('input[name=code]').waitFor();
  const known = (await page.locator('main').innerText()).replace(person.userPrincipalName, 'WHO');
  await open({ width: 'desk' });
  const stranger = 'nobody.here@corp.example.com';
  await submitUserId(stranger);
  await page.locator('input[name=code]').waitFor();
  expect((await page.locator('main').innerText()).replace(stranger, 'WHO')).toBe(known);
  await submitCode('123456');
  await told(/4 (more )?tries/);
});

test.each<[string, (person: LabPerson) => string, RegExp]>([
  ['too short', () => 'Ab1!xyz', /Use 8 or more characters/],
  ['not complex', () => 'onlysmallletters', /more variety/],
  ['made of the name', ({ userName }) => userName, /contains your name or user name/],
])(
  'a password that is %s is refused by the directory in words, and another is taken at once',
  async (rule, bad, words) => {
    const person = await somebody();
    await passGates(person);
    await submitPassword(bad(person));
    await told(words);
    expect(new URL(page.url()).pathname).toBe('/reset/password');
    await keepScreenshot(page, `refused-${rule.replaceAll(' ', '-')}`);
    expect(await proof(person, person.password)).toBe('accepted');
    const good = inventPassword();
    await submitPassword(good);
    expect(await heading()).toBe('Your password has been changed');
    expect(await proof(person, good)).toBe('accepted');
  },
);

test('a member of a protected group is told right after the gate, and nothing is written', async () => {
  const person = await somebody('nestedProtected');
  await passGates(person);
  await page.locator('h1', { hasText: 'This account cannot be reset here' }).waitFor();
  await keepScreenshot(page, 'refused-protected');
  expect(await proof(person, person.password)).toBe('accepted');
});

test('the rules of the directory are shown before typing, and each ticks as the person types', async () => {
  const person = await somebody();
  await passGates(person);
  const rules = page.locator('.rules li[data-rule]');
  expect(await rules.allInnerTexts()).toEqual([
    expect.stringContaining('8 or more characters'),
    expect.stringContaining('three of these'),
    expect.stringContaining('no part of your name'),
  ]);
  const met = () => rules.evaluateAll((items) => items.map((item) => item.classList.contains('met')));
  const input = page.locator('input[name=password]');
  const soon = { timeout: 30_000 };
  expect(await met()).toEqual([false, false, false]);
  await input.fill('short');
  await expect.poll(met, soon).toEqual([false, false, true]);
  await input.fill(`${person.userName.toUpperCase()} 1 abc`);
  await expect.poll(met, soon).toEqual([true, true, false]);
  await keepScreenshot(page, 'rules-some-met');
  await input.fill('Correct horse 7');
  await expect.poll(met, soon).toEqual([true, true, true]);
  const status = page.locator('#password-rules-status');
  await expect.poll(() => status.textContent(), soon).toContain('All rules');
  await keepScreenshot(page, 'rules-all-met');
});

test('a directory that is away is told, and the same page works when it is back', async () => {
  const person = await somebody();
  await passGates(person);
  homeward.directoryCable.close();
  const password = inventPassword();
  try {
    await submitPassword(password);
    await told('directory cannot be reached');
    await keepScreenshot(page, 'directory-down');
  } finally {
    homeward.directoryCable.reopen();
  }
  await submitPassword(password);
  expect(await heading()).toBe('Your password has been changed');
  expect(await proof(person, password)).toBe('accepted');
});

test('an answer that is late is called not known yet, and the page tells the truth when it comes', async () => {
  const person = await somebody();
  await passGates(person);
  // The agent waits for a controller for four seconds: by then the page has told and the cable is mended.
  await homeward.restartCloud({ timings: { answerSeconds: 1 } });
  homeward.directoryCable.freeze();
  const password = inventPassword();
  try {
    await submitPassword(password);
    await page
      .locator('h1', { hasText: /^\s*(We do not know yet|Your password is being changed)/ })
      .waitFor();
    expect(new URL(page.url()).pathname).toBe('/reset/done');
    await keepScreenshot(page, 'answer-late');
  } finally {
    homeward.directoryCable.reopen();
  }
  await page.locator('h1', { hasText: 'Your password has been changed' }).waitFor({ timeout: 60_000 });
  expect(await proof(person, password)).toBe('accepted');
});
