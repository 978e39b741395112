import { expect, test } from 'vitest';
import { anotherThan, askCode, codesMade, newBrowser } from '../../testing/reset-steps.ts';
import { ANNA, codeIn, startTestCloud } from '../../testing/test-cloud.ts';

test('a wrong code says how many tries are left, then that it is used up, and the right one is too late', async () => {
  await using cloud = await startTestCloud();
  const { browser, code } = await askCode(cloud);
  for (const left of ['4 tries', '3 tries', '2 tries', '1 try']) {
    const answer = await browser.post('/reset/code', { code: anotherThan(code) });
    expect(answer.title).toBe('Error: Enter the code from your e-mail – Example Corporation');
    expect(answer.html).toContain(`You have ${left} left`);
  }
  const usedUp = await browser.post('/reset/code', { code: anotherThan(code) });
  expect(usedUp.html).toContain('<h1>This code no longer works</h1>');
  expect(usedUp.html).not.toContain('name="code"');
  const late = await browser.post('/reset/code', { code });
  expect(late.html).toContain('It was wrong too often.');
});

test('a new code opens the gate again after one is used up or expired', async () => {
  await using cloud = await startTestCloud();
  const { browser, code } = await askCode(cloud);
  for (let tries = 0; tries < 5; tries++) await browser.post('/reset/code', { code: anotherThan(code) });
  const asked = await browser.post('/reset/code/new', {});
  expect(asked.html).toContain('We are sending a new code. Only the newest one works.');
  const second = codeIn(await cloud.mail.nth(2));
  cloud.clock.now += 5 * 60_000;
  const expired = await browser.post('/reset/code', { code: second });
  expect(expired.html).toContain('That code has expired. Send a new code to go on');
  await browser.post('/reset/code/new', {});
  const third = codeIn(await cloud.mail.nth(3));
  expect((await browser.post('/reset/code', { code: third })).path).toBe('/reset/password');
});

test('only the newest code works', async () => {
  await using cloud = await startTestCloud();
  const { browser, code } = await askCode(cloud);
  await browser.post('/reset/code/new', {});
  const newest = codeIn(await cloud.mail.nth(2));
  if (newest !== code) {
    expect((await browser.post('/reset/code', { code })).html).toContain('You have 4 tries left');
  }
  expect((await browser.post('/reset/code', { code: newest })).path).toBe('/reset/password');
});

test.each([
  ['', 'Enter the 6-digit code from your e-mail'],
  ['   ', 'Enter the 6-digit code from your e-mail'],
  ['12345', 'The code has 6 digits'],
  ['1234567', 'The code has 6 digits'],
  ['abcdef', 'The code has 6 digits'],
])('%j is told without using up a try', async (typed, told) => {
  await using cloud = await startTestCloud();
  const { browser, code } = await askCode(cloud);
  for (let count = 0; count < 6; count++) {
    expect((await browser.post('/reset/code', { code: typed })).html).toContain(told);
  }
  expect((await browser.post('/reset/code', { code })).path).toBe('/reset/password');
});

test('blanks, dashes and full-width digits do not matter', async () => {
  await using cloud = await startTestCloud();
  for (const write of [
    (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)} `,
    (code: string) => `${code.slice(0, 3)}-${code.slice(3)}`,
    (code: string) => code.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  ]) {
    const { browser, code } = await askCode(cloud);
    expect((await browser.post('/reset/code', { code: write(code) })).path).toBe('/reset/password');
  }
});

test('many guesses at once have five tries together', async () => {
  await using cloud = await startTestCloud();
  const { browser, code } = await askCode(cloud);
  const wrong = anotherThan(code);
  await Promise.all(Array.from({ length: 12 }, () => browser.post('/reset/code', { code: wrong })));
  const row = await cloud.database.selectFrom('emailCode').select('triesLeft').executeTakeFirst();
  expect(row?.triesLeft).toBe(0);
  const counted = await cloud.database
    .selectFrom('throttle')
    .select('taken')
    .where('limitName', '=', 'wrongCodes')
    .execute();
  expect(counted).toEqual([{ taken: 5 }, { taken: 5 }]);
});

test.each([
  ['nobody', 'nobody@example.com', ANNA],
  ['a disabled account', 'aberg', { ...ANNA, active: false }],
  ['an account without mail', 'aberg', { ...ANNA, mail: null }],
])('%s gets no mail, and no code opens the gate', async (_name, userId, person) => {
  await using cloud = await startTestCloud({ people: [person] });
  const browser = newBrowser(cloud);
  expect((await browser.post('/reset', { userId })).path).toBe('/reset/code');
  await codesMade(cloud);
  for (const code of ['000000', '999999']) {
    expect((await browser.post('/reset/code', { code })).path).toBe('/reset/code');
  }
  expect(cloud.mail.taken).toEqual([]);
});

test('a mail server that refuses is asked again, with the same code', async () => {
  await using cloud = await startTestCloud();
  cloud.mail.refusing = 1;
  const { browser, code } = await askCode(cloud);
  expect((await browser.post('/reset/code', { code })).path).toBe('/reset/password');
  const told = cloud.logged.filter((line) => line.includes('did not take a code'));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('EENVELOPE');
  expect(told[0]).not.toContain(code);
});

test('a code that was wanted when the process died is sent by the next one', async () => {
  await using cloud = await startTestCloud();
  const { browser, code } = await askCode(cloud);
  await codesMade(cloud);
  await cloud.database.updateTable('emailCode').set({ state: 'sending' }).execute();
  await cloud.restart();
  const again = codeIn(await cloud.mail.nth(2));
  if (again !== code) {
    expect((await browser.post('/reset/code', { code })).html).toContain('You have 4 tries left');
  }
  expect((await browser.post('/reset/code', { code: again })).path).toBe('/reset/password');
});

test('a row that cannot be read holds up nobody else’s code', async () => {
  await using cloud = await startTestCloud();
  await cloud.stopBackground();
  await newBrowser(cloud).post('/reset', { userId: 'aberg' });
  await cloud.database.updateTable('resetFlow').set({ typed: 'broken' }).execute();
  await newBrowser(cloud).post('/reset', { userId: 'CORP\\aberg' });
  await cloud.restart();
  expect(await cloud.mail.nth(1)).toMatchObject({ to: ANNA.mail });
  expect(cloud.logged.filter((line) => line.includes('a code was not sent'))).toHaveLength(1);
});
