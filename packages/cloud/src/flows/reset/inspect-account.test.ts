import { expect, test } from 'vitest';
import { auditLog } from '../../audit/audit-log.ts';
import { choose, passGate } from '../../testing/reset-steps.ts';
import { startTestCloud } from '../../testing/test-cloud.ts';

const rules = { minimumLength: 14, complexity: true, historyLength: 24 };
const policy = { source: 'pso', rules, mustChange: false, holdsOnReset: true } as const;

test('the rules of the person’s own directory are on the page before they type', async () => {
  await using cloud = await startTestCloud();
  cloud.agents.writeback.inspect = async () => ({ outcome: { kind: 'applied' }, policy });
  const browser = await passGate(cloud);
  const { html } = await browser.get('/reset/password');
  expect(html).toContain('14 or more characters');
  expect(html).toContain('none of your last 24 passwords');
  expect(html).toContain('data-names="[&quot;aberg&quot;,&quot;Anna&quot;,&quot;Berg&quot;]"');
  expect(html).toMatch(/<input id="password"[^>]* aria-describedby="password-rules password-advice"/);
});

test('the history is not promised where the directory does not look at it on a reset', async () => {
  await using cloud = await startTestCloud();
  const asHeld = async (rules: typeof policy.rules) => {
    cloud.agents.writeback.inspect = async () => ({
      outcome: { kind: 'applied' },
      policy: { ...policy, rules, holdsOnReset: false },
    });
    return (await (await passGate(cloud)).get('/reset/password')).html;
  };
  const html = await asHeld(rules);
  expect(html).toContain('14 or more characters');
  expect(html).not.toContain('none of your last');
  const nothing = await asHeld({ minimumLength: 0, complexity: false, historyLength: 24 });
  expect(nothing).not.toContain('Your directory asks for');
  expect(nothing).toMatch(/<input id="password"[^>]* aria-describedby="password-advice"/);
});

test('rules that a password broke are marked in the list', async () => {
  await using cloud = await startTestCloud();
  cloud.agents.writeback.inspect = async () => ({ outcome: { kind: 'applied' }, policy });
  cloud.agents.answers = [
    { kind: 'refusedByPolicy', refusal: { rules: ['tooShort', 'historyOrFilter'], minimumLength: 14 } },
  ];
  const { html } = await choose(await passGate(cloud), 'abc');
  expect(html).toMatch(
    /<li class="broken" data-rule="length"[^>]*>14 or more characters<span[^>]*> \(not met\)/,
  );
  expect(html).toMatch(/<li class="broken">none of your last 24/);
  expect(html).toMatch(/<li data-rule="kinds">/);
  expect(html).toMatch(/<input id="password"[^>]* aria-describedby="password-error password-rules"/);
});

test('an account that cannot be reset is told so right after the gate, and no password is asked for', async () => {
  await using cloud = await startTestCloud();
  cloud.agents.writeback.inspect = async () => ({ outcome: { kind: 'protectedAccount' } });
  const browser = await passGate(cloud);
  const told = await browser.get('/reset/password');
  expect(told.path).toBe('/reset/done');
  expect(told.title).toContain('This account cannot be reset here');
  await choose(browser, 'new Secret 1');
  expect(cloud.agents.orders).toEqual([]);
  const flow = await cloud.database.selectFrom('resetFlow').select('id').executeTakeFirstOrThrow();
  const audited = await auditLog(cloud.database).ofFlow(flow.id);
  expect(audited).toContainEqual(
    expect.objectContaining({ activity: 'resetPassword', result: 'protectedAccount' }),
  );
});

test.each(['pending', 'directoryUnreachable', 'notStarted', 'agentFault'] as const)(
  'when the rules cannot be asked (%s) the page goes on without them',
  async (kind) => {
    await using cloud = await startTestCloud();
    cloud.agents.writeback.inspect = async () => ({ outcome: { kind } });
    const browser = await passGate(cloud);
    const page = await browser.get('/reset/password');
    expect(page.path).toBe('/reset/password');
    expect(page.html).not.toContain('Your directory asks for');
    expect((await choose(browser, 'new Secret 1')).path).toBe('/reset/done');
  },
);

test('a password that is too young is announced with the time, where the directory holds that on a reset', async () => {
  await using cloud = await startTestCloud();
  const nextChangeAllowedAt = cloud.clock.now + 3_600_000;
  cloud.agents.writeback.inspect = async () => ({
    outcome: { kind: 'applied' },
    policy: { ...policy, nextChangeAllowedAt },
  });
  const { html } = await (await passGate(cloud)).get('/reset/password');
  expect(html).toContain('14 November 2026 at 10:30 UTC');
  cloud.agents.writeback.inspect = async () => ({
    outcome: { kind: 'applied' },
    policy: { ...policy, nextChangeAllowedAt, holdsOnReset: false },
  });
  expect((await (await passGate(cloud)).get('/reset/password')).html).not.toContain('10:30 UTC');
});

test('nobody is told the domain’s rules where a PSO applies that may not be read', async () => {
  await using cloud = await startTestCloud();
  const unread = { source: 'pso', mustChange: false, holdsOnReset: true } as const;
  cloud.agents.writeback.inspect = async () => ({ outcome: { kind: 'applied' }, policy: unread });
  const { html } = await (await passGate(cloud)).get('/reset/password');
  expect(html).not.toContain('Your directory asks for');
});
