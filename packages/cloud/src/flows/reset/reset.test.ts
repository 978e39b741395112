import { expect, test } from 'vitest';
import { auditLog } from '../../audit/audit-log.ts';
import { Browser } from '../../testing/browser.ts';
import { codeIn, startTestCloud, type TestCloud } from '../../testing/test-cloud.ts';

async function proven(cloud: TestCloud): Promise<Browser> {
  const browser = new Browser(() => cloud.url);
  const before = cloud.mail.taken.length;
  await browser.post('/reset', { userId: 'anna.berg@corp.example.com' });
  const code = codeIn(await cloud.mail.nth(before + 1));
  const answer = await browser.post('/reset/code', { code });
  expect(answer.path).toBe('/reset/password');
  return browser;
}

test('a forgotten password is reset, step by step', async () => {
  await using cloud = await startTestCloud();
  const browser = new Browser(() => cloud.url);

  const first = await browser.get('/reset');
  expect(first.title).toBe('What is your user ID? – Example Corporation');

  const second = await browser.post('/reset', { userId: ' CORP\\ABerg ' });
  expect(second.path).toBe('/reset/code');
  const mail = await cloud.mail.nth(1);
  expect(mail.to).toBe('anna.berg@example.com');

  const third = await browser.post('/reset/code', { code: codeIn(mail) });
  expect(third.path).toBe('/reset/password');
  expect(third.html).toContain('anna.berg@corp.example.com');

  const last = await browser.post('/reset/password', {
    password: 'new Secret 1',
    confirmation: 'new Secret 1',
  });
  expect(last.path).toBe('/reset/done');
  expect(last.title).toBe('Your password has been changed – Example Corporation');

  const [order] = cloud.agents.orders;
  expect(order?.password.reveal()).toBe('new Secret 1');
  expect(order?.personId).toBe(order?.actorId);
  expect(order?.deadline).toBe(cloud.clock.now + 120_000);
  const confirmation = await cloud.mail.nth(2);
  expect(confirmation.subject).toBe('Your password was changed');

  const flowId = order?.flowId ?? '';
  await expect
    .poll(async () => (await auditLog(cloud.database).ofFlow(flowId)).map(({ result }) => result).toSorted())
    .toEqual([
      'applied',
      'codeProven',
      'codeSent',
      'confirmationMailed',
      'passwordSubmitted',
      'userIdSubmitted',
    ]);
});

test('a refused password is tried again at once, without new gates', async () => {
  await using cloud = await startTestCloud();
  const browser = await proven(cloud);
  cloud.agents.answers = [
    {
      kind: 'refusedByPolicy',
      refusal: { rules: ['tooShort', 'notComplex'], minimumLength: 8, missingKinds: ['digit'] },
    },
    { kind: 'applied' },
  ];
  const refused = await browser.post('/reset/password', { password: 'abc', confirmation: 'abc' });
  expect(refused.path).toBe('/reset/password');
  expect(refused.title).toBe('Error: Choose a new password – Example Corporation');
  expect(refused.html).toContain('Use 8 or more characters.');
  expect(refused.html).toContain('Add a digit.');
  const done = await browser.post('/reset/password', { password: 'abcdefgh1', confirmation: 'abcdefgh1' });
  expect(done.path).toBe('/reset/done');
  expect(cloud.agents.orders).toHaveLength(2);
});
