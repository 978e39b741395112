/** Every page in real Chromium, on a phone and on a desk, light and dark: looked over by axe, kept as a picture. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Notice } from '../flows/reset/flow.ts';
import { lookAt, openChromium, openPage } from '../testing/look-at-page.ts';
import { codeIn, nextCode, startTestCloud, type TestCloud } from '../testing/test-cloud.ts';

const HOUR = 3_600_000;

let browser: Browser;

beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

type Visit = { page: Page; cloud: TestCloud };

const send = async (page: Page, fields: Record<string, string>) => {
  for (const [name, value] of Object.entries(fields)) await page.locator(`input[name=${name}]`).fill(value);
  const [first] = Object.keys(fields);
  await page.locator(`form:has(input[name=${first}]) button[type=submit]`).click();
  // Script puts the answer in the place of the page: there is no navigation to wait for.
  await page.locator('button[aria-busy]').waitFor({ state: 'detached' });
};

const toCode = async ({ page, cloud }: Visit) => {
  await page.goto(`${cloud.url}/reset`);
  await send(page, { userId: 'anna.berg@corp.example.com' });
  await page.waitForLoadState();
};

const toPassword = async (visit: Visit) => {
  const [, code] = await nextCode(visit.cloud.mail, () => toCode(visit));
  await send(visit.page, { code });
};

const submit = async (visit: Visit, ...answers: TestCloud['agents']['answers']) => {
  visit.cloud.agents.answers = answers;
  await toPassword(visit);
  await send(visit.page, { password: 'correct horse', confirmation: 'correct horse' });
};

const tellRules = ({ cloud }: Visit) => {
  const rules = { minimumLength: 14, complexity: true, historyLength: 24 };
  const policy = { source: 'domain', rules, mustChange: false, holdsOnReset: true } as const;
  cloud.agents.writeback.inspect = async () => ({ outcome: { kind: 'applied' }, policy });
};

/** What the page of the only flow has to say. */
const tell = async ({ page, cloud }: Visit, notice: Notice) => {
  await cloud.database
    .updateTable('resetFlow')
    .set({ notice: JSON.stringify(notice) })
    .execute();
  await page.reload();
};

/** From its first moment: on a busy machine it would show itself anew before `lookAt` can hold it. */
const showsItselfOnce = ({ page }: Visit) =>
  page.route('**/reset/done', (route) => route.fulfill({ status: 204 }));

const PAGES: Record<string, (visit: Visit) => Promise<unknown>> = {
  home: ({ page, cloud }) => page.goto(cloud.url),
  'user-id': ({ page, cloud }) => page.goto(`${cloud.url}/reset`),
  'user-id-missing': async ({ page, cloud }) => {
    await page.goto(`${cloud.url}/reset`);
    await send(page, { userId: ' ' });
  },
  code: toCode,
  'code-wrong': async (visit) => {
    await toCode(visit);
    await send(visit.page, { code: '12345x' });
  },
  'code-expired': async (visit) => {
    await toCode(visit);
    visit.cloud.clock.now += 6 * 60_000;
    await send(visit.page, { code: '123456' });
  },
  'code-locked': async (visit) => {
    await toCode(visit);
    const until = visit.cloud.clock.now + 24 * HOUR;
    await tell(visit, { kind: 'locked', until });
  },
  'code-new': async (visit) => {
    await toCode(visit);
    await visit.page.locator('form[action="/reset/code/new"] button').click();
  },
  password: toPassword,
  'password-with-rules': (visit) => {
    tellRules(visit);
    return toPassword(visit);
  },
  'password-shown': async (visit) => {
    tellRules(visit);
    await toPassword(visit);
    const { page } = visit;
    await page.getByRole('button', { name: 'Show the passwords' }).click();
    await page.locator('#password').fill('correct Horse');
    await page.locator('#confirmation').fill('correct House');
  },
  'password-of-another-reset': async (visit) => {
    await toPassword(visit);
    const another = await visit.page.context().newPage();
    await toCode({ ...visit, page: another });
    await send(visit.page, { password: 'correct horse', confirmation: 'correct horse' });
  },
  'password-away': async (visit) => {
    await toPassword(visit);
    visit.cloud.agents.sealing.reachable = false;
    await send(visit.page, { password: 'correct horse', confirmation: 'correct horse' });
  },
  'password-mismatch': async (visit) => {
    await toPassword(visit);
    await send(visit.page, { password: 'correct horse', confirmation: 'correct house' });
  },
  'password-refused': (visit) => {
    tellRules(visit);
    return submit(visit, {
      kind: 'refusedByPolicy',
      refusal: {
        rules: ['tooShort', 'notComplex', 'containsName', 'historyOrFilter', 'tooYoung'],
        minimumLength: 14,
        missingKinds: ['upper', 'digit', 'symbol'],
        historyLength: 24,
        retryAt: visit.cloud.clock.now + 20 * HOUR,
      },
    });
  },
  'password-earlier-request': (visit) =>
    submit(visit, { kind: 'notStarted', retryAt: visit.cloud.clock.now + 2 * 60_000 }),
  'password-interrupted': async (visit) => {
    await toPassword(visit);
    await visit.page.route('**/reset/password/ticket', (route) => route.abort());
    await send(visit.page, { password: 'correct horse', confirmation: 'correct horse' });
  },
  'password-not-now': (visit) => submit(visit, { kind: 'directoryUnreachable' }),
  done: (visit) => submit(visit, { kind: 'applied' }),
  failed: (visit) => submit(visit, { kind: 'protectedAccount' }),
  pending: async (visit) => {
    await showsItselfOnce(visit);
    await submit(visit, { kind: 'pending' });
  },
  working: async (visit) => {
    const { agents } = visit.cloud;
    await showsItselfOnce(visit);
    const { promise, resolve: open } = Promise.withResolvers<void>();
    agents.gate = promise;
    await submit(visit, { kind: 'applied' });
    await visit.page.waitForURL('**/reset/done');
    open();
  },
  down: async ({ page, cloud }) => {
    cloud.agents.up = false;
    await page.goto(`${cloud.url}/reset`);
  },
  expired: async (visit) => {
    await toCode(visit);
    visit.cloud.clock.now += 16 * 60_000;
    await visit.page.goto(`${visit.cloud.url}/reset/code`);
  },
  limited: async (visit) => {
    for (let round = 0; round < 3; round++) await toCode(visit);
  },
  'not-found': ({ page, cloud }) => page.goto(`${cloud.url}/nowhere`),
};

test.each(Object.keys(PAGES))('the page "%s" is sound for everybody', async (name) => {
  // One page alone is about an answer that is late.
  const timings = name === 'working' && { timings: { answerSeconds: 1 } };
  await using cloud = await startTestCloud({ config: { ...timings, limits: { codesAsked: { max: 2 } } } });
  const page = await openPage(browser);
  await PAGES[name]?.({ page, cloud });
  await lookAt(page, 'pages', name);
  await page.context().close();
});

test('the whole reset works by keyboard alone, and problems are where the focus is', async () => {
  await using cloud = await startTestCloud();
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const enter = async (path: string) => {
    await Promise.all([page.waitForURL(`${cloud.url}${path}`), page.keyboard.press('Enter')]);
    await page.waitForLoadState();
  };
  await page.goto(`${cloud.url}/`);
  await press('Tab', 'Tab', 'Tab');
  await enter('/reset');

  await press('Tab', 'Tab', 'Tab');
  await enter('/reset?problem=empty');
  expect(await page.locator(':focus').getAttribute('class')).toBe('summary');
  await press('Tab', 'Enter');
  await page.locator('#user-id:focus').waitFor();
  await page.keyboard.type('aberg');
  await enter('/reset/code');

  await press('Tab', 'Tab', 'Tab');
  await page.keyboard.type(codeIn(await cloud.mail.nth(1)));
  await enter('/reset/password');

  await press('Tab', 'Tab', 'Tab');
  await page.keyboard.type('correct horse');
  await press('Tab');
  await page.keyboard.type('correct horse');
  await enter('/reset/done');
  expect(await page.locator('h1').innerText()).toBe('Your password has been changed');
  await context.close();
});
