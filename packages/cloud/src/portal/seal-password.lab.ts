/** The script that seals passwords, in real Chromium: what leaves the browser, and what the person sees. */
import type { Browser, BrowserContext, Page, Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openChromium } from '../testing/look-at-page.ts';
import { loseAnswer } from '../testing/lose-answer.ts';
import { startTestCloud, type TestCloud } from '../testing/test-cloud.ts';
import { walkToPassword } from '../testing/walk-to-password.ts';

const PASSWORD = 'Kq7vXw2RtB9mZc4LpD8s &"<%+ é漢😀';
const CANARY = 'Kq7vXw2R';

let browser: Browser;
let context: BrowserContext | undefined;

beforeAll(async () => {
  browser = await openChromium();
});
afterEach(() => context?.close());
afterAll(() => browser.close());

/** A page that asks for the password, and the bodies of all requests from then on, as they left (CDP). */
async function atPassword(cloud: TestCloud, script = true): Promise<{ page: Page; bodies: string[] }> {
  context = await browser.newContext({ javaScriptEnabled: script });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const bodies: string[] = [];
  const session = await context.newCDPSession(page);
  await session.send('Network.enable', { maxPostDataSize: 65_536 });
  session.on('Network.requestWillBeSent', ({ request }) => {
    bodies.push(`${request.method} ${request.url} ${request.postData ?? ''}`);
  });
  await walkToPassword(page, cloud, 'aberg');
  return { page, bodies };
}

async function type(page: Page, password: string, confirmation = password): Promise<void> {
  await page.locator('#password').focus();
  await page.keyboard.insertText(password);
  await page.keyboard.press('Tab');
  await page.keyboard.insertText(confirmation);
  await page.keyboard.press('Enter');
}

const isPost = (request: Request) => request.method() === 'POST' && request.url().endsWith('/reset/password');

test('a password that is typed and submitted by keyboard never leaves the browser in the clear', async () => {
  await using cloud = await startTestCloud();
  const { page, bodies } = await atPassword(cloud);
  cloud.agents.answers = [
    { kind: 'refusedByPolicy', refusal: { rules: ['historyOrFilter'] } },
    { kind: 'applied' },
  ];
  await type(page, PASSWORD);
  await page.locator('main .summary').waitFor();
  expect(await page.locator(':focus').getAttribute('class')).toBe('summary');
  expect(await page.title()).toMatch(/^Error: /);
  expect(await page.locator('#password').inputValue()).toBe('');

  await type(page, PASSWORD);
  await page.waitForURL('**/reset/done');
  expect(await page.locator('h1').innerText()).toBe('Your password has been changed');
  expect(await page.locator(':focus').innerText()).toBe('Your password has been changed');
  expect(await page.title()).toBe('Your password has been changed – Example Corporation');
  expect(cloud.agents.passwords).toEqual([PASSWORD, PASSWORD]);

  const posts = bodies.filter((body) => body.includes('/reset/password '));
  expect(posts.filter((body) => body.includes('sealed='))).toHaveLength(2);
  expect(bodies.join('\n')).not.toContain(CANARY);
  await page.reload();
  expect(await page.locator('h1').innerText()).toBe('Your password has been changed');
});

test('a page that came as an answer seals at once, whatever it still has to load', async () => {
  await using cloud = await startTestCloud();
  const { page, bodies } = await atPassword(cloud);
  cloud.agents.answers = [{ kind: 'directoryUnreachable' }, { kind: 'applied' }];
  await page.route('**/assets/*.js', () => undefined);
  await type(page, PASSWORD);
  await page.locator('main .summary').waitFor();
  await type(page, PASSWORD);
  await page.waitForURL('**/reset/done');
  expect(cloud.agents.passwords).toEqual([PASSWORD, PASSWORD]);
  expect(bodies.join('\n')).not.toContain(CANARY);
});

test('without script the same form works, and the capture finds what it would miss above', async () => {
  await using cloud = await startTestCloud();
  const { page, bodies } = await atPassword(cloud, false);
  await type(page, PASSWORD);
  await page.waitForURL('**/reset/done');
  expect(cloud.agents.passwords).toEqual([PASSWORD]);
  expect(bodies.join('\n')).toContain(CANARY);
});

test('what is wrong with the fields is told without sending them', async () => {
  await using cloud = await startTestCloud();
  const { page, bodies } = await atPassword(cloud);
  await type(page, PASSWORD, `${PASSWORD}x`);
  await page.getByText('The two passwords are not the same').first().waitFor();
  expect(bodies.join('\n')).toContain('problem=mismatch');
  expect(bodies.join('\n')).not.toContain(CANARY);
  expect(cloud.agents.orders).toEqual([]);
});

test('an agent that changes its keys at the last moment costs nobody anything', async () => {
  await using cloud = await startTestCloud();
  const { page } = await atPassword(cloud);
  let rolls = 0;
  await page.route('**/reset/password', async (route) => {
    if (isPost(route.request()) && rolls++ === 0) await cloud.agents.sealing.rollKeys();
    await route.continue();
  });
  await type(page, PASSWORD);
  await page.waitForURL('**/reset/done');
  expect(rolls).toBe(2);
  expect(cloud.agents.passwords).toEqual([PASSWORD]);
});

test.each(['before it arrived', 'after it arrived'])(
  'a connection that breaks %s loses nothing and does nothing twice',
  async (when) => {
    await using cloud = await startTestCloud();
    const { page } = await atPassword(cloud);
    let broken = false;
    await page.route('**/reset/password', async (route) => {
      if (!isPost(route.request()) || broken) return route.continue();
      broken = true;
      return when === 'after it arrived' ? loseAnswer(route) : route.abort('connectionreset');
    });
    await type(page, PASSWORD);
    await page.getByText('The connection was interrupted').waitFor();
    expect(cloud.agents.passwords).toHaveLength(when === 'after it arrived' ? 1 : 0);
    expect(await page.locator(':focus').getAttribute('class')).toBe('summary');
    expect(await page.locator('#password').inputValue()).toBe(PASSWORD);
    await page.locator('#confirmation').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/reset/done');
    expect(await page.locator('h1').innerText()).toBe('Your password has been changed');
    expect(cloud.agents.passwords).toEqual([PASSWORD]);
  },
);

test('a page that waits shows itself anew', async () => {
  await using cloud = await startTestCloud({ answerSeconds: 0.2 });
  const { page } = await atPassword(cloud);
  const { promise, resolve } = Promise.withResolvers<void>();
  cloud.agents.gate = promise;
  await type(page, PASSWORD);
  await page.waitForURL('**/reset/done');
  expect(await page.locator('h1').innerText()).toBe('Your password is being changed');
  resolve();
  await page.getByRole('heading', { name: 'Your password has been changed' }).waitFor();
});

test('no agent in reach is told before anything is sealed', async () => {
  await using cloud = await startTestCloud();
  const { page } = await atPassword(cloud);
  cloud.agents.sealing.reachable = false;
  await type(page, PASSWORD);
  await page.getByRole('heading', { name: 'Password reset is not available right now' }).waitFor();
  expect(cloud.agents.orders).toEqual([]);
});

test('where script is required the fields open with it, and stay shut without', async () => {
  const tenant = { name: 'Example Corporation', sealing: 'required' };
  await using cloud = await startTestCloud({ config: { tenant } });
  const { page } = await atPassword(cloud);
  expect(await page.locator('#script-needed').count()).toBe(0);
  await type(page, PASSWORD);
  await page.waitForURL('**/reset/done');
  expect(cloud.agents.passwords).toEqual([PASSWORD]);
  await context?.close();

  const without = await atPassword(cloud, false);
  expect(await without.page.locator('#script-needed').isVisible()).toBe(true);
  expect(await without.page.locator('#password').isDisabled()).toBe(true);
});
