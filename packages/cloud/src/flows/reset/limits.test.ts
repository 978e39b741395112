import { expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { ANNA_UPN, anotherThan, askCode, choose, codesMade, newBrowser } from '../../testing/reset-steps.ts';
import { ANNA, codeIn, startTestCloud, type TestCloud } from '../../testing/test-cloud.ts';

const DAY = 86_400_000;

async function useUp(cloud: TestCloud, userId: string): Promise<void> {
  const { browser, code } = await askCode(cloud, newBrowser(cloud), userId);
  for (let tries = 0; tries < 5; tries++) await browser.post('/reset/code', { code: anotherThan(code) });
}

test('the eleventh code in ten minutes is refused for a day, under any spelling of the user ID', async () => {
  await using cloud = await startTestCloud();
  for (let start = 0; start < 10; start++) {
    const userId = start % 2 ? ANNA_UPN : ` ${ANNA_UPN.toUpperCase()} `;
    expect((await newBrowser(cloud).post('/reset', { userId })).status).toBe(200);
  }
  const refused = await newBrowser(cloud).post('/reset', { userId: ANNA_UPN });
  expect(refused.status).toBe(429);
  expect(refused.title).toBe('Too many attempts – Example Corporation');
  expect(refused.html).toContain('You can try again from 15 November 2026 at 09:30 UTC');
  expect(refused.headers.get('retry-after')).toBe('86400');
  expect(refused.headers.getSetCookie()).toEqual([]);
  cloud.clock.now += DAY;
  expect((await newBrowser(cloud).post('/reset', { userId: ANNA_UPN })).status).toBe(200);
});

test('new codes in one flow count as well, and the page says until when', async () => {
  await using cloud = await startTestCloud({ config: { limits: { codesAsked: { max: 3 } } } });
  const { browser } = await askCode(cloud);
  await browser.post('/reset/code/new', {});
  const last = codeIn(await cloud.mail.nth(2));
  await browser.post('/reset/code/new', {});
  const newest = codeIn(await cloud.mail.nth(3));
  const refused = await browser.post('/reset/code/new', {});
  expect(refused.title).toMatch(/^Error: /);
  expect(refused.html).toContain('You can ask again from 15 November 2026 at 09:30 UTC');
  expect(last).toMatch(/^\d{6}$/);
  expect((await browser.post('/reset/code', { code: newest })).path).toBe('/reset/password');
});

test('fifteen wrong codes lock the user ID for a day, also where the right one is known', async () => {
  await using cloud = await startTestCloud();
  const { browser, code } = await askCode(cloud);
  for (let flow = 0; flow < 3; flow++) await useUp(cloud, ANNA_UPN);
  const sixteenth = await browser.post('/reset/code', { code: anotherThan(code) });
  expect(sixteenth.title).toBe('Error: Too many wrong codes – Example Corporation');
  expect(sixteenth.html).not.toMatch(/Step 2 of 3|There is a problem/);
  const locked = await browser.post('/reset/code', { code });
  expect(locked.path).toBe('/reset/code');
  expect(locked.html).toContain('You can start again from 15 November 2026');
  expect((await newBrowser(cloud).post('/reset', { userId: ANNA_UPN })).status).toBe(429);
});

test('the owner of a user ID that is locked by wrong codes is told, once; nobody is for nobody’s', async () => {
  await using cloud = await startTestCloud({ config: { limits: { wrongCodes: { max: 2 } } } });
  const stranger = newBrowser(cloud);
  await stranger.post('/reset', { userId: 'nobody@example.com' });
  for (let tries = 0; tries < 4; tries++) await stranger.post('/reset/code', { code: '123456' });
  const { browser, code } = await askCode(cloud);
  for (let tries = 0; tries < 5; tries++) await browser.post('/reset/code', { code: anotherThan(code) });
  const mail = await cloud.mail.nth(2);
  expect(mail).toMatchObject({ to: ANNA.mail, subject: 'Wrong codes were entered for your account' });
  expect(mail.text).toContain('on 14 November 2026 at 09:30 UTC we stopped taking any');
  const open = () => cloud.database.selectFrom('mailOutbox').select('id').execute();
  await eventually(open).toEqual([]);
  expect(cloud.mail.taken).toHaveLength(2);
  const told = await cloud.database
    .selectFrom('audit')
    .select('activity')
    .where('result', '=', 'confirmationMailed')
    .execute();
  expect(told).toEqual([{ activity: 'resetBlocked' }]);
});

test('wrong codes under several names of one account add up: it is sent no more codes', async () => {
  await using cloud = await startTestCloud();
  for (const name of [ANNA_UPN, 'aberg', 'CORP\\aberg']) await useUp(cloud, name);
  await useUp(cloud, 'anna.berg@example.com');
  const before = cloud.mail.taken.length;
  const browser = newBrowser(cloud);
  const answer = await browser.post('/reset', { userId: 'corp.example.com\\aberg' });
  expect(answer.path).toBe('/reset/code');
  await codesMade(cloud);
  expect(cloud.mail.taken).toHaveLength(before);
  const told = await cloud.database
    .selectFrom('audit')
    .select('activity')
    .where('result', '=', 'accountLimited')
    .execute();
  expect(told).toEqual([{ activity: 'resetBlocked' }]);
});

test('a reset that succeeds forgives what was counted', async () => {
  await using cloud = await startTestCloud();
  await useUp(cloud, ANNA_UPN);
  const { browser, code } = await askCode(cloud);
  await browser.post('/reset/code', { code });
  await choose(browser, 'new Secret 1');
  const left = await cloud.database.selectFrom('throttle').select('limitName').execute();
  expect(left.map(({ limitName }) => limitName).toSorted()).toEqual([
    'startsFromAddress',
    'wrongCodesFromAddress',
  ]);
});

test('one address cannot try user IDs without end, and others are not held up by it', async () => {
  await using cloud = await startTestCloud({
    config: {
      publicUrl: 'https://reset.example.com',
      trustedProxy: { addresses: ['127.0.0.1'] },
      limits: { startsFromAddress: { max: 3 } },
    },
  });
  const from = (address: string, userId: string) =>
    newBrowser(cloud).post('/reset', { userId }, { 'x-forwarded-for': address });
  const statuses = [];
  for (const userId of ['a', 'b', 'c', 'd']) statuses.push((await from('203.0.113.9', userId)).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
  expect((await from('203.0.113.10', 'd')).status).toBe(200);
  expect((await from('2001:db8:1:2::1', 'e')).status).toBe(200);
});
