/** Tabs of one browser share its cookie: what was typed in one must never be used for the reset of another. */
import { expect, test } from 'vitest';
import type { Browser } from '../../testing/browser.ts';
import { ANNA_UPN, anotherThan, askCode, choose, newBrowser } from '../../testing/reset-steps.ts';
import { askTicket, postFromScript, sealedWith } from '../../testing/seal-steps.ts';
import { ANNA, BEN, startTestCloud, type TestCloud } from '../../testing/test-cloud.ts';

const EARLIER = 'This page belongs to an earlier reset';
const PASSWORD = 'for Anna only 1';

/** Anna is asked for a password in the first tab; then Ben's reset gets so far in the second. */
async function twoTabs(cloud: TestCloud, secondGoesTo: 'proving' | 'choosing' | 'done') {
  const browser = newBrowser(cloud);
  const anna = await askCode(cloud, browser, ANNA_UPN);
  await browser.post('/reset/code', { code: anna.code });
  const first = browser.flow;
  const { code } = await askCode(cloud, browser, BEN.userName);
  if (secondGoesTo !== 'proving') await browser.post('/reset/code', { code });
  if (secondGoesTo === 'done') await choose(browser, 'for Ben only 1');
  const second = browser.flow;
  const inFirst = async <T>(work: () => Promise<T>): Promise<T> => {
    browser.flow = first;
    const done = await work();
    browser.flow = second;
    return done;
  };
  return { browser, first, code, inFirst };
}

const start = () => startTestCloud({ people: [ANNA, BEN] });
const ordered = (cloud: TestCloud) => cloud.agents.orders.map(({ personId }) => personId).length;

test.each([
  ['proving', '/reset/code', 0],
  ['choosing', '/reset/password', 0],
  ['done', '/reset/done', 1],
] as const)(
  'a password from the first tab is not used while the second is at %s, and its page leads there',
  async (state, path, orders) => {
    await using cloud = await start();
    const { browser, inFirst } = await twoTabs(cloud, state);
    const posts: ((at: Browser) => ReturnType<typeof choose>)[] = [
      (at) => choose(at, PASSWORD),
      askTicket,
      (at) => postFromScript(at, { problem: 'mismatch' }),
    ];
    for (const post of posts) {
      const told = await inFirst(() => post(browser));
      expect(told.status).toBe(410);
      expect(told.title).toContain(EARLIER);
      expect(told.html).toContain('was not used, and changed nothing');
      expect(told.html).toContain(`href="${path}"`);
    }
    expect(ordered(cloud)).toBe(orders);
    expect((await browser.get(path)).html).not.toContain('Enter both again');
  },
);

test('an envelope from the first tab is refused by the second’s reset, under either name', async () => {
  await using cloud = await start();
  const browser = newBrowser(cloud);
  const anna = await askCode(cloud, browser, ANNA_UPN);
  await browser.post('/reset/code', { code: anna.code });
  const first = browser.flow;
  const sealed = await sealedWith(browser, PASSWORD);
  const ben = await askCode(cloud, browser, BEN.userName);
  await browser.post('/reset/code', { code: ben.code });
  expect((await postFromScript(browser, { ...sealed, flow: first })).status).toBe(410);
  expect((await postFromScript(browser, sealed)).status).toBe(400);
  expect(ordered(cloud)).toBe(0);
});

test('a form that names no reset is taken for none', async () => {
  await using cloud = await start();
  const { browser } = await twoTabs(cloud, 'choosing');
  const told = await browser.post(
    '/reset/password',
    `password=${'a'.repeat(12)}&confirmation=${'a'.repeat(12)}`,
  );
  expect(told.title).toContain(EARLIER);
  expect(ordered(cloud)).toBe(0);
});

test('a code from the first tab costs the second no try, and a new one is not asked for', async () => {
  await using cloud = await start();
  const browser = newBrowser(cloud);
  await askCode(cloud, browser, ANNA_UPN);
  const first = browser.flow;
  const { code } = await askCode(cloud, browser, BEN.userName);
  const second = browser.flow;
  for (let tries = 0; tries < 6; tries++) {
    const told = await browser.post('/reset/code', { flow: first, code: anotherThan(code) });
    expect(told.title).toContain(EARLIER);
  }
  expect((await browser.post('/reset/code/new', { flow: first })).title).toContain(EARLIER);
  expect(cloud.mail.taken).toHaveLength(2);
  expect((await browser.post('/reset/code', { flow: second, code })).path).toBe('/reset/password');
});

test('a page that waits for the first reset is not shown the end of the second', async () => {
  await using cloud = await start();
  const browser = newBrowser(cloud);
  const anna = await askCode(cloud, browser, ANNA_UPN);
  await browser.post('/reset/code', { code: anna.code });
  cloud.agents.answers = [{ kind: 'pending' }, { kind: 'applied' }];
  const waits = await choose(browser, PASSWORD);
  const again = /url=(.+)$/.exec(waits.headers.get('refresh') ?? '')?.[1] ?? '';
  expect((await browser.get(again)).title).toContain('We do not know yet');
  expect(waits.html).toContain(`href="${again}"`);

  const ben = await askCode(cloud, browser, BEN.userName);
  await browser.post('/reset/code', { code: ben.code });
  await choose(browser, 'for Ben only 1');
  const asked = await browser.get(again);
  expect(asked.status).toBe(410);
  expect(asked.html).toContain('This reset can no longer be shown here');
  expect(asked.html).not.toContain('Your password has been changed');
  expect((await browser.get('/reset/done')).html).toContain(`Use the new password for ${BEN.userName}`);
});
