import type { Outcome } from '@homeward/protocol/outcome';
import { OUTCOMES } from '@homeward/protocol/outcome';
import { expect, test } from 'vitest';
import { supportCodeOf } from '../../audit/support-code.ts';
import { en } from '../../portal/locales/en.ts';
import { eventually } from '../../testing/eventually.ts';
import { choose, passGate } from '../../testing/reset-steps.ts';
import { startTestCloud } from '../../testing/test-cloud.ts';

const FAILS = Object.keys(OUTCOMES).filter((kind) => kind !== 'applied' && kind !== 'refusedByPolicy');
const TRY_AGAIN = FAILS.filter(
  (kind) => kind !== 'unknown' && OUTCOMES[kind as keyof typeof OUTCOMES].retry !== 'never',
);
const FINAL = FAILS.filter((kind) => !TRY_AGAIN.includes(kind));
const outcome = (kind: string) => ({ kind }) as Outcome;

test.each([
  ['', '', 'Enter a new password', 'password'],
  ['a Password 1', '', 'Enter the new password a second time', 'confirmation'],
  ['a Password 1', 'a password 1', 'The two passwords are not the same. Enter both again', 'password'],
  ['x'.repeat(257), 'x'.repeat(257), 'longer than 256 characters', 'password'],
  ['a\0b', 'a\0b', 'cannot be used in passwords', 'password'],
  ['lost \uFFFD', 'lost \uFFFD', 'cannot be transmitted', 'password'],
])('%j and %j: told at once, nothing used up', async (password, confirmation, told, field) => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  const answer = await choose(browser, password, confirmation);
  expect(answer.path).toBe('/reset/password');
  expect(answer.title).toMatch(/^Error: /);
  expect(answer.html).toContain(told);
  expect(answer.html).toContain(`<a href="#${field}">`);
  expect(cloud.agents.orders).toEqual([]);
  expect((await choose(browser, 'a Password 1')).path).toBe('/reset/done');
});

test('bytes that are no UTF-8 are told, and not taken for another password', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  const answer = await browser.post(
    '/reset/password',
    `flow=${browser.flow}&password=a%FFb&confirmation=a%FFb`,
  );
  expect(answer.html).toContain('cannot be transmitted');
  expect(cloud.agents.orders).toEqual([]);
});

test.each(['  outer blanks count  ', 'é漢😀', '"<&%+\';--', 'x'.repeat(256)])(
  'the password %j goes out exactly as typed, and comes back in no page',
  async (password) => {
    await using cloud = await startTestCloud();
    const browser = await passGate(cloud);
    cloud.agents.answers = [
      { kind: 'refusedByPolicy', refusal: { rules: ['tooShort'] } },
      { kind: 'applied' },
    ];
    const refused = await choose(browser, password);
    expect(refused.html.match(/<input[^>]*type="password"[^>]*>/g)).toHaveLength(2);
    expect(refused.html).not.toMatch(/type="password"[^>]*value=/);
    await choose(browser, password);
    expect(cloud.agents.orders.map((order) => order.password?.reveal())).toEqual([password, password]);
  },
);

test('every broken rule is named in words that help, and another password is taken at once', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [
    {
      kind: 'refusedByPolicy',
      refusal: {
        rules: ['tooShort', 'notComplex', 'containsName', 'historyOrFilter', 'tooYoung', 'bannedWord'],
        minimumLength: 12,
        missingKinds: ['upper', 'digit'],
        historyLength: 24,
        retryAt: cloud.clock.now + 3_600_000,
      },
    },
    { kind: 'applied' },
  ];
  const refused = await choose(browser, 'abc');
  expect(refused.path).toBe('/reset/password');
  expect(refused.title).toBe('Error: Choose a new password – Example Corporation');
  expect(/role="alert".*?<\/ul>/s.exec(refused.html)?.[0]).toContain('<a href="#password">');
  const atField = /id="password-error".*?<\/div>/s.exec(refused.html)?.[0] ?? '';
  const positions = [
    'It can be changed again from 14 November 2026 at 10:30 UTC.',
    'Use 12 or more characters.',
    'Add a capital letter or a digit.',
    'contains your name',
    'one of your last 24',
    'a word that is easy to guess',
  ].map((words) => atField.indexOf(words));
  expect(positions.every((position) => position > 0)).toBe(true);
  expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  expect((await browser.get('/reset/password')).html).toContain('Use 12 or more characters.');
  expect(cloud.mail.taken).toHaveLength(1);

  expect((await choose(browser, 'Much longer 1')).html).toContain('Your password has been changed');
  expect(cloud.agents.orders).toHaveLength(2);
});

test('a refusal that names no rule still says what happened', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [{ kind: 'refusedByPolicy', refusal: { rules: [] } }];
  const refused = await choose(browser, 'abc');
  expect(refused.html).toContain('This password was not accepted');
  expect(refused.html).toContain('You can choose another one now.');
});

test.each(TRY_AGAIN)('after %s the same page takes the password again', async (kind) => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [outcome(kind), { kind: 'applied' }];
  const answer = await choose(browser, 'new Secret 1');
  expect(answer.path).toBe('/reset/password');
  expect(answer.title).toMatch(/^Error: /);
  expect(answer.html).toContain(en.outcomes[kind as keyof typeof OUTCOMES].heading);
  expect((await choose(browser, 'new Secret 1')).html).toContain('Your password has been changed');
});

test.each(FINAL)('%s ends the flow in its own words, with the codes to pass on', async (kind) => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [outcome(kind)];
  const answer = await choose(browser, 'new Secret 1');
  expect(answer.path).toBe('/reset/done');
  expect(answer.html).toContain(`<h1>${en.outcomes[kind as keyof typeof OUTCOMES].heading}</h1>`);
  expect(answer.html).toContain(supportCodeOf(cloud.agents.orders[0]?.flowId ?? ''));
  const { sspr, event } = OUTCOMES[kind as keyof typeof OUTCOMES];
  expect(answer.html.includes(`SSPR_${String(sspr).padStart(4, '0')}`)).toBe(sspr !== 0);
  expect(answer.html).not.toContain(String(event));
  expect((await choose(browser, 'new Secret 1')).path).toBe('/reset/done');
  expect(cloud.agents.orders).toHaveLength(1);
  expect(cloud.mail.taken).toHaveLength(1);
});

test('of two submissions at once one order goes out, and both are told the same', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  const { promise, resolve } = Promise.withResolvers<void>();
  cloud.agents.gate = promise;
  const both = [choose(browser, 'first Secret 1'), choose(browser, 'second Secret 2')];
  const early = await Promise.race(both);
  expect(early.path).toBe('/reset/done');
  expect(early.html).toContain('Your password is being changed');
  resolve();
  await Promise.all(both);
  expect(cloud.agents.orders).toHaveLength(1);
  await eventually(async () => (await browser.get('/reset/done')).html).toContain(
    'Your password has been changed',
  );
  expect(await cloud.mail.nth(2)).toMatchObject({ subject: 'Your password was changed' });
  expect(cloud.mail.taken).toHaveLength(2);
});
