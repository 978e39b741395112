import { expect, test } from 'vitest';
import { auditLog } from '../../audit/audit-log.ts';
import { choose, newBrowser, passGate } from '../../testing/reset-steps.ts';
import { askTicket, chooseSealed, postFromScript, sealedWith } from '../../testing/seal-steps.ts';
import { startTestCloud } from '../../testing/test-cloud.ts';

const TOO_SHORT = { kind: 'refusedByPolicy', refusal: { rules: ['tooShort'], minimumLength: 8 } } as const;

test.each(['correct horse', '  outer blanks  ', 'é漢😀', '"<&%+\';--', 'x'.repeat(256)])(
  'a sealed %j reaches the agent exactly as typed, and the answer is the last page itself',
  async (password) => {
    await using cloud = await startTestCloud();
    const browser = await passGate(cloud);
    const answer = await chooseSealed(browser, password);
    expect(cloud.agents.passwords).toEqual([password]);
    expect(cloud.agents.orders[0]?.password).toBeUndefined();
    expect(answer).toMatchObject({ status: 200, path: '/reset/password' });
    expect(answer.headers.get('homeward-location')).toBe('/reset/done');
    expect(answer.html).toContain('Your password has been changed');
    expect(cloud.logged.join('\n')).not.toContain(password);
  },
);

test('a refusal comes back as the password page, and the next seal is taken', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [TOO_SHORT, { kind: 'applied' }];
  const refused = await chooseSealed(browser, 'abc');
  expect(refused.headers.get('homeward-location')).toBe('/reset/password');
  expect(refused.html).toContain('Use 8 or more characters.');
  expect((await chooseSealed(browser, 'much longer')).html).toContain('Your password has been changed');
  expect(cloud.agents.passwords).toEqual(['abc', 'much longer']);
});

test.each([
  [{ kind: 'pending' }, 'We do not know yet', '10'],
  [{ kind: 'protectedAccount' }, 'This account cannot be reset here', null],
] as const)('%j is answered with its page, at its address', async (outcome, title, refresh) => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [outcome];
  const answer = await chooseSealed(browser, 'new Secret 1');
  expect(answer.title).toContain(title);
  expect(answer.headers.get('homeward-location')).toBe('/reset/done');
  expect(answer.headers.get('refresh')?.split(';')[0] ?? null).toBe(refresh);
});

test('when an agent changed its keys meanwhile the browser is told to seal again', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  const stale = await sealedWith(browser, 'new Secret 1');
  await cloud.agents.sealing.rollKeys();
  const told = await postFromScript(browser, stale);
  expect(told.status).toBe(409);
  expect(JSON.parse(told.html)).toEqual({ error: 'staleRecipients' });
  expect(cloud.agents.orders).toEqual([]);
  expect((await chooseSealed(browser, 'new Secret 1')).html).toContain('Your password has been changed');
});

test('the same post a second time orders nothing, and shows what became of the first', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.agents.answers = [TOO_SHORT, { kind: 'applied' }];
  const first = await sealedWith(browser, 'abc');
  const second = await sealedWith(browser, 'abc again');
  await postFromScript(browser, first);
  for (const repeated of [first, second]) {
    const answer = await postFromScript(browser, repeated);
    expect(answer.html).toContain('Use 8 or more characters.');
  }
  expect(cloud.agents.orders).toHaveLength(1);
  const good = await sealedWith(browser, 'much longer');
  await postFromScript(browser, good);
  expect((await postFromScript(browser, good)).html).toContain('Your password has been changed');
  expect(cloud.agents.orders).toHaveLength(2);
});

test('a ticket is worth nothing in another flow, nor is one that nobody gave', async () => {
  await using cloud = await startTestCloud();
  const theirs = await sealedWith(await passGate(cloud), 'new Secret 1');
  const browser = await passGate(cloud);
  const { sealed } = await sealedWith(browser, 'new Secret 1');
  for (const ticket of [theirs.ticket, '0:made-up', '', 'x'.repeat(5_000)]) {
    expect((await postFromScript(browser, { ticket, sealed })).status).toBe(400);
  }
  expect(cloud.agents.orders).toEqual([]);
});

test.each(['AAAA', `${'A'.repeat(1_109)}!`, 'A'.repeat(2_135), '='.repeat(758)])(
  'what is no envelope (%#) is refused before it is looked at',
  async (sealed) => {
    await using cloud = await startTestCloud();
    const browser = await passGate(cloud);
    const { ticket } = await sealedWith(browser, 'new Secret 1');
    expect((await postFromScript(browser, { ticket, sealed })).status).toBe(400);
    expect(cloud.agents.orders).toEqual([]);
  },
);

test.each([
  ['empty', 'Enter a new password'],
  ['mismatch', 'The two passwords are not the same'],
  ['confirmationEmpty', 'Enter the new password a second time'],
  ['tooLong', 'longer than 256 characters'],
  ['illFormed', 'cannot be transmitted'],
  ['containsNul', 'cannot be used in passwords'],
])('what script finds (%s) is told as without script, and the fields stay at home', async (problem, told) => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  const answer = await postFromScript(browser, { problem });
  expect(answer.title).toMatch(/^Error: /);
  expect(answer.html).toContain(told);
  expect(answer.headers.get('homeward-location')).toBe('/reset/password');
  expect(cloud.agents.orders).toEqual([]);
});

test('a ticket is given where a password is asked for, and nowhere else', async () => {
  await using cloud = await startTestCloud();
  expect((await askTicket(newBrowser(cloud))).status).toBe(410);
  const browser = await passGate(cloud);
  const forged = await browser.post('/reset/password/ticket', '', { 'sec-fetch-site': 'cross-site' });
  expect(forged.status).toBe(403);
  await chooseSealed(browser, 'new Secret 1');
  const late = await askTicket(browser);
  expect(late.status).toBe(409);
  expect(JSON.parse(late.html)).toEqual({ location: '/reset/done' });
  cloud.agents.sealing.reachable = false;
  const down = await askTicket(await passGate(cloud));
  expect(down.status).toBe(503);
  expect(down.headers.get('homeward-location')).toBe('/reset/password');
  expect(down.html).toContain('Password reset is not available right now');
  expect(down.html).toContain('You need no other code: press Try again within 15 minutes');
});

test('an end that is told in place of a ticket can be loaded again', async () => {
  await using cloud = await startTestCloud();
  const browser = await passGate(cloud);
  cloud.clock.now += 15 * 60_000;
  const over = await askTicket(browser);
  expect(over.title).toContain('Your time for this reset is over');
  const path = over.headers.get('homeward-location') ?? '';
  expect((await browser.get(path)).title).toBe(over.title);
});

test('the script is on the password page, kept by browsers, and there only if agents take what it seals', async () => {
  await using cloud = await startTestCloud();
  const script = /\/assets\/seal-password-[0-9a-f]{12}\.js/;
  const { html } = await (await passGate(cloud)).get('/reset/password');
  const served = await fetch(cloud.url + (script.exec(html)?.[0] ?? ''));
  expect(served.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(served.headers.get('cache-control')).toContain('immutable');
  expect(await served.text()).not.toContain('ERR_ENVELOPE_OPEN');
  expect(html).not.toContain('<noscript>');
  delete cloud.agents.writeback.ticket;
  await cloud.restart();
  expect((await (await passGate(cloud)).get('/reset/password')).html).not.toMatch(script);
});

test('where sealing is required, a clear password is refused, and this is said before any gate', async () => {
  const tenant = { name: 'Example Corporation', sealing: 'required' };
  await using cloud = await startTestCloud({ config: { tenant } });
  const asked = await newBrowser(cloud).get('/reset');
  expect(/<noscript>.*<\/noscript>/s.exec(asked.html)?.[0]).toContain('This page needs JavaScript');
  const browser = await passGate(cloud);
  const { html } = await browser.get('/reset/password');
  expect(html).toContain('This page needs JavaScript');
  expect(html).toMatch(/<fieldset[^>]* disabled/);

  for (const refused of [
    await choose(browser, 'new Secret 1'),
    await postFromScript(browser, { password: 'new Secret 1', confirmation: 'new Secret 1' }),
  ]) {
    expect(refused.status).toBe(403);
    expect(refused.html).toContain('Your password was not taken');
  }
  expect(cloud.agents.orders).toEqual([]);
  const flow = await cloud.database.selectFrom('resetFlow').select(['id', 'state']).executeTakeFirstOrThrow();
  expect(flow.state).toBe('choosing');
  const audited = await auditLog(cloud.database).ofFlow(flow.id);
  const refusals = audited.filter(({ result }) => result === 'clearPasswordRefused');
  expect(refusals).toMatchObject([{ activity: 'resetBlocked' }, { activity: 'resetBlocked' }]);

  expect((await postFromScript(browser, { problem: 'mismatch' })).html).toContain('not the same');
  expect((await chooseSealed(browser, 'new Secret 1')).html).toContain('Your password has been changed');
});
