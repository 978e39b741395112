import type { Outcome } from '@homeward/protocol/outcome';
import { expect, test } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { choose, passGate } from '../../testing/reset-steps.ts';
import { startTestCloud, type TestCloud } from '../../testing/test-cloud.ts';

const FIRST_REQUEST = '00000000-0000-4000-8000-000000000001';

const settles = (cloud: TestCloud) =>
  expect.poll(() => cloud.database.selectFrom('resetFlow').select('state').executeTakeFirst(), {
    timeout: 30_000,
  });

/** The agents' side has the order: what a page waits for may end before. */
const ordered = (cloud: TestCloud, count = 1) =>
  expect.poll(() => cloud.agents.orders, { timeout: 30_000 }).toHaveLength(count);

test('an answer that is late is called not known yet, and the page tells the truth when it comes', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [{ kind: 'pending' }];
  const late = await choose(browser, 'new Secret 1');
  expect(late.path).toBe('/reset/done');
  expect(late.title).toBe('We do not know yet whether your password was changed – Example Corporation');
  expect(late.headers.get('refresh')).toMatch(/^10; url=\/reset\/done\?flow=[0-9a-f-]{36}$/);
  expect((await browser.get('/reset/done')).html).not.toContain('has been changed');

  cloud.agents.requests.set(FIRST_REQUEST, { kind: 'applied' });
  const known = await browser.get('/reset/done');
  expect(known.html).toContain('Your password has been changed');
  expect(known.headers.get('refresh')).toBeNull();
  expect(await cloud.mail.nth(2)).toMatchObject({ subject: 'Your password was changed' });
});

test('a late refusal leads back to the password, while there is time', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [{ kind: 'pending' }, { kind: 'applied' }];
  await choose(browser, 'abc');
  cloud.agents.requests.set(FIRST_REQUEST, {
    kind: 'refusedByPolicy',
    refusal: { rules: ['tooShort'], minimumLength: 8 },
  });
  const refused = await browser.get('/reset/done');
  expect(refused.path).toBe('/reset/password');
  expect(refused.html).toContain('Use 8 or more characters.');
  expect((await choose(browser, 'much longer')).html).toContain('Your password has been changed');
});

test('a late answer is settled and mailed although nobody looks', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [{ kind: 'pending' }];
  await choose(browser, 'new Secret 1');
  cloud.agents.requests.set(FIRST_REQUEST, { kind: 'applied' });
  cloud.clock.now += 20_000;
  expect(await cloud.mail.nth(2)).toMatchObject({ subject: 'Your password was changed' });
  await settles(cloud).toEqual({ state: 'done' });
});

test('a page that has waited long enough goes on without the answer', async () => {
  await using cloud = await startTestCloud({ answerSeconds: 0.1 });
  const browser = await passGate(cloud);
  const { promise, resolve } = Promise.withResolvers<void>();
  cloud.agents.gate = promise;
  const waiting = await choose(browser, 'new Secret 1');
  await ordered(cloud);
  expect(waiting.title).toBe('Your password is being changed – Example Corporation');
  expect(waiting.headers.get('refresh')).toMatch(/^2; url=\/reset\/done\?flow=[0-9a-f-]{36}$/);
  cloud.clock.now += 2_000;
  expect((await browser.get('/reset/done')).title).toMatch(/^We do not know yet/);
  resolve();
  await eventually(async () => (await browser.get('/reset/done')).html).toContain(
    'Your password has been changed',
  );
});

test('a page that is loaded again while the order is on its way says that it is being changed', async () => {
  await using cloud = await startTestCloud({ answerSeconds: 60 });
  const browser = await passGate(cloud);
  const { promise, resolve } = Promise.withResolvers<void>();
  cloud.agents.gate = promise;
  const first = choose(browser, 'new Secret 1');
  await ordered(cloud);
  cloud.agents.requests.set(FIRST_REQUEST, { kind: 'pending' });
  for (let loaded = 0; loaded < 2; loaded++) {
    const again = await browser.get('/reset/done');
    expect(again.title).toBe('Your password is being changed – Example Corporation');
    expect(again.headers.get('refresh')).toMatch(/^2; url=\/reset\/done\?flow=[0-9a-f-]{36}$/);
  }
  resolve();
  expect((await first).html).toContain('Your password has been changed');
});

test('a fault before anything was recorded is not known yet, then told as not sent, and never as success', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [new Error('the store is full')];
  const answer = await choose(browser, 'new Secret 1');
  expect(answer.path).toBe('/reset/done');
  expect(answer.html).not.toContain('has been changed');
  expect(cloud.logged.some((line) => line.includes('an order broke'))).toBe(true);
  cloud.clock.now += 120_000 + 60_001;
  const later = await browser.get('/reset/done');
  expect(later.path).toBe('/reset/password');
  expect(later.html).toContain('The request did not get through');
});

test('an order on record whose record is lost ends as unknown, in words that say what to try', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [{ kind: 'pending' }];
  await choose(browser, 'new Secret 1');
  cloud.agents.requests.clear();
  cloud.clock.now += 120_000 + 60_001;
  const answer = await browser.get('/reset/done');
  expect(answer.html).toContain('We do not know whether your password was changed');
  expect(answer.html).toContain('Try the new password.');
  expect(answer.html).toContain('SSPR_0030');
});

test('after a restart in the middle of an order, its answer is found by the flow', async () => {
  await using cloud = await startTestCloud({ answerSeconds: 0.1 });
  const browser = await passGate(cloud);
  const { promise, resolve } = Promise.withResolvers<void>();
  cloud.agents.gate = promise;
  await choose(browser, 'new Secret 1');
  await ordered(cloud);
  cloud.agents.requests.set(FIRST_REQUEST, { kind: 'pending' });
  cloud.clock.now += 1_000;
  await cloud.restart();
  expect((await browser.get('/reset/done')).title).toMatch(/^We do not know yet/);
  cloud.agents.requests.set(FIRST_REQUEST, { kind: 'applied' });
  expect((await browser.get('/reset/done')).html).toContain('Your password has been changed');
  resolve();
});

test('after a restart before anything was recorded, the person is told that nothing was sent, and tries again', async () => {
  await using cloud = await startTestCloud({ answerSeconds: 0.1 });
  const browser = await passGate(cloud);
  cloud.agents.gate = new Promise(() => {});
  await choose(browser, 'new Secret 1');
  await ordered(cloud);
  cloud.clock.now += 1_000;
  await cloud.restart();
  const answer = await browser.get('/reset/done');
  expect(answer.path).toBe('/reset/password');
  expect(answer.html).toContain('The request did not get through');
  cloud.agents.gate = Promise.resolve();
  expect((await choose(browser, 'new Secret 1')).html).toContain('Your password has been changed');
});

test('the answer to a former attempt is never taken for the one under way', async () => {
  await using cloud = await startTestCloud({ answerSeconds: 0.1 });
  const browser = await passGate(cloud);
  cloud.agents.answers = [
    { kind: 'refusedByPolicy', refusal: { rules: ['tooShort'], minimumLength: 8 } },
    { kind: 'applied' },
  ];
  await choose(browser, 'abc');
  await settles(cloud).toEqual({ state: 'choosing' });
  cloud.agents.gate = new Promise(() => {});
  cloud.agents.writeback.findByFlow = async () => ({
    requestId: FIRST_REQUEST,
    outcome: { kind: 'refusedByPolicy', refusal: { rules: ['tooShort'], minimumLength: 8 } },
  });
  await choose(browser, 'much longer');
  await ordered(cloud, 2);
  cloud.clock.now += 2_000;
  const answer = await browser.get('/reset/done');
  expect(answer.path).toBe('/reset/done');
  expect(answer.title).toMatch(/^We do not know yet/);
});

test.each([
  [{ kind: 'refusedByPolicy', refusal: { rules: ['tooShort'] } }, 'Your password was not changed'],
  [{ kind: 'directoryUnreachable' }, 'Your password was not changed'],
  [{ kind: 'unknown' }, 'Your password may have been changed'],
] as const)('a late end that is no success (%j) is mailed, once', async (outcome, subject) => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [{ kind: 'pending' }];
  await choose(browser, 'new Secret 1');
  cloud.agents.requests.set(FIRST_REQUEST, outcome as Outcome);
  cloud.clock.now += 20_000;
  const mail = await cloud.mail.nth(2);
  expect(mail.subject).toBe(subject);
  const helps = outcome.kind === 'unknown' ? 'Try the new password.' : 'The old one still holds.';
  expect(mail.text).toContain(helps);
  await browser.get('/reset/done');
  const audited = () =>
    cloud.database.selectFrom('audit').select('result').where('result', '=', 'lateOutcomeMailed').execute();
  await eventually(audited).toHaveLength(1);
  expect(cloud.mail.taken).toHaveLength(2);
});

test('an end that the page told at once is not mailed unless the password was changed', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [{ kind: 'directoryUnreachable' }, { kind: 'applied' }];
  await choose(browser, 'new Secret 1');
  await choose(browser, 'new Secret 1');
  expect((await cloud.mail.nth(2)).subject).toBe('Your password was changed');
});

test('an earlier request that is not finished is told with the time from which another one can be sent', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [{ kind: 'notStarted', retryAt: cloud.clock.now + 3 * 60_000 }];
  const told = await choose(browser, 'new Secret 1');
  expect(told.path).toBe('/reset/password');
  expect(told.html).toContain('An earlier request for your account is not finished yet');
  expect(told.html).toContain('at the latest from 14 November 2026 at 09:33 UTC');
  expect(told.html).not.toContain('The request did not get through');
});
