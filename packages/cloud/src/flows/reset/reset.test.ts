import { expect, test } from 'vitest';
import { auditLog } from '../../audit/audit-log.ts';
import { supportCodeOf } from '../../audit/support-code.ts';
import { eventually } from '../../testing/eventually.ts';
import { anotherThan, askCode, choose, newBrowser, passGate } from '../../testing/reset-steps.ts';
import { ANNA, codeIn, startTestCloud } from '../../testing/test-cloud.ts';

test('a forgotten password is reset, step by step', async () => {
  await using cloud = await startTestCloud();
  const browser = newBrowser(cloud);

  const first = await browser.get('/reset');
  expect(first.title).toBe('What is your user ID? – Example Corporation');

  const second = await browser.post('/reset', { userId: ' CORP\\ABerg ' });
  expect(second.path).toBe('/reset/code');
  const mail = await cloud.mail.nth(1);
  expect(mail.to).toBe('anna.berg@example.com');

  const third = await browser.post('/reset/code', { code: codeIn(mail) });
  expect(third.path).toBe('/reset/password');
  expect(third.html).toContain('anna.berg@corp.example.com');

  const last = await choose(browser, 'new Secret 1');
  expect(last.path).toBe('/reset/done');
  expect(last.title).toBe('Your password has been changed – Example Corporation');

  const [order] = cloud.agents.orders;
  expect(order?.operation).toBe('reset');
  expect(order?.password?.reveal()).toBe('new Secret 1');
  expect(order?.personId).toBe(order?.actorId);
  expect(order?.deadline).toBe(cloud.clock.now + 120_000);
  expect(last.html).toContain(supportCodeOf(order?.flowId ?? ''));
});

test('each step is written down, without a word of what was typed', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  await choose(browser, 'canary-Password-1');
  const confirmation = await cloud.mail.nth(2);
  expect(confirmation).toMatchObject({ to: ANNA.mail, subject: 'Your password was changed' });
  expect(confirmation.text).toContain('14 November 2026 at 09:30 UTC');

  const [order] = cloud.agents.orders;
  const audited = () => auditLog(cloud.database).ofFlow(order?.flowId ?? '');
  await eventually(async () => (await audited()).map(({ result }) => result).toSorted()).toEqual([
    'applied',
    'codeProven',
    'codeSent',
    'confirmationMailed',
    'passwordSubmitted',
    'userIdSubmitted',
  ]);
  const applied = (await audited()).find(({ result }) => result === 'applied');
  expect(applied).toMatchObject({
    activity: 'resetPassword',
    personId: order?.personId,
    requestId: '00000000-0000-4000-8000-000000000001',
    clientAddress: '127.0.0.1',
  });
  const everything = cloud.logged.join('') + JSON.stringify(await audited());
  expect(everything).not.toMatch(/canary|anna\.berg/);
  expect(everything).toContain(order?.flowId);
});

test('an empty or endless user ID is told beside the field, and nothing is stored', async () => {
  await using cloud = await startTestCloud();
  const browser = newBrowser(cloud);
  const empty = await browser.post('/reset', { userId: '   ' });
  expect(empty.title).toBe('Error: What is your user ID? – Example Corporation');
  expect(empty.html).toContain('<a href="#user-id">Enter your user ID</a>');
  expect(empty.html).toContain('aria-describedby="user-id-hint user-id-error"');
  const endless = await browser.post('/reset', { userId: 'x'.repeat(400) });
  expect(endless.html).toContain('too long for a user ID');
  expect(await cloud.database.selectFrom('resetFlow').select('id').execute()).toEqual([]);
  expect(browser.cookies.size).toBe(0);
});

test('the cookie binds the flow to its browser, and the store does not hold it', async () => {
  await using cloud = await startTestCloud();
  const { browser } = await askCode(cloud);
  expect(browser.setCookies).toEqual([
    expect.stringMatching(/^__Host-homeward-reset=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/),
  ]);
  const [value] = browser.cookies.values();
  const rows = await cloud.database.selectFrom('resetFlow').selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(value);
});

test('another browser gets nowhere with a code that is not its own', async () => {
  await using cloud = await startTestCloud();
  const { code } = await askCode(cloud);
  const thief = newBrowser(cloud);
  const withoutFlow = await thief.post('/reset/code', { code });
  expect(withoutFlow.status).toBe(410);
  expect(withoutFlow.title).toBe('There is no reset under way in this browser – Example Corporation');
  const own = await askCode(cloud, thief);
  const wrong = own.code === code ? anotherThan(code) : code;
  const withOwnFlow = await thief.post('/reset/code', { code: wrong });
  expect(withOwnFlow.path).toBe('/reset/code');
});

test('the code is nowhere in the store, nor is the user ID once the code is proven', async () => {
  await using cloud = await startTestCloud();
  const { browser, code } = await askCode(cloud);
  const dump = async () => {
    const tables = ['resetFlow', 'emailCode', 'mailOutbox', 'audit', 'throttle'] as const;
    const rows = await Promise.all(
      tables.map((table) => cloud.database.selectFrom(table).selectAll().execute()),
    );
    return JSON.stringify(rows);
  };
  const before = await dump();
  expect(before).not.toContain(`"${code}"`);
  expect(before).not.toContain('anna.berg');
  await browser.post('/reset/code', { code });
  expect(await cloud.database.selectFrom('resetFlow').select('typed').execute()).toEqual([{ typed: null }]);
  expect(await cloud.database.selectFrom('emailCode').selectAll().execute()).toEqual([]);
});

test('a flow goes on after a restart in the middle', async () => {
  await using cloud = await startTestCloud();
  const { browser, code } = await askCode(cloud);
  await cloud.restart();
  expect((await browser.post('/reset/code', { code })).path).toBe('/reset/password');
  await cloud.restart();
  expect((await choose(browser, 'new Secret 1')).path).toBe('/reset/done');
  await cloud.restart();
  expect((await browser.get('/reset/done')).html).toContain('Your password has been changed');
});

test('stale pages and the Back button lead to where the flow is', async () => {
  await using cloud = await startTestCloud();
  const { browser, code } = await askCode(cloud);
  expect((await browser.get('/reset/password')).path).toBe('/reset/code');
  expect((await browser.get('/reset/done')).path).toBe('/reset/code');
  expect((await choose(browser, 'too early')).path).toBe('/reset/code');
  await browser.post('/reset/code', { code });
  expect((await browser.get('/reset/code')).path).toBe('/reset/password');
  expect((await browser.post('/reset/code', { code })).path).toBe('/reset/password');
  expect((await browser.post('/reset/code/new', {})).path).toBe('/reset/password');
  await choose(browser, 'new Secret 1');
  for (const path of ['/reset/code', '/reset/password']) {
    expect((await browser.get(path)).path).toBe('/reset/done');
  }
  const again = await choose(browser, 'another Secret 2');
  expect(again.html).toContain('Your password has been changed');
  expect(cloud.agents.orders).toHaveLength(1);
});

test('a flow ends fifteen minutes after its start, wherever it is', async () => {
  await using cloud = await startTestCloud();
  const { browser, code } = await askCode(cloud);
  const other = await passGate(cloud);
  cloud.clock.now += 15 * 60_000 - 1;
  expect((await other.get('/reset/password')).status).toBe(200);
  cloud.clock.now += 1;
  for (const answer of [
    await browser.get('/reset/code'),
    await browser.post('/reset/code', { code }),
    await other.get('/reset/password'),
    await choose(other, 'new Secret 1'),
  ]) {
    expect(answer.status).toBe(410);
    expect(answer.title).toBe('Your time for this reset is over – Example Corporation');
    expect(answer.html).toContain('href="/reset"');
  }
  expect(cloud.agents.orders).toEqual([]);
});

test('with writeback down everybody is told before any gate, and comes in again when it is up', async () => {
  await using cloud = await startTestCloud();
  cloud.agents.up = false;
  const browser = newBrowser(cloud);
  const pages = [
    await browser.get('/reset'),
    await browser.post('/reset', { userId: 'anna.berg@corp.example.com' }),
    await browser.post('/reset', { userId: 'nobody@example.com' }),
  ];
  for (const page of pages) {
    expect(page.status).toBe(503);
    expect(page.headers.get('retry-after')).toBe('60');
    expect(page.title).toBe('Password reset is not available right now – Example Corporation');
    expect(page.html).toBe(pages[0]?.html);
  }
  expect(await cloud.database.selectFrom('resetFlow').select('id').execute()).toEqual([]);
  cloud.agents.up = true;
  expect((await browser.get('/reset')).status).toBe(200);
});
