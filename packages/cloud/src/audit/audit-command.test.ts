import { Command } from 'commander';
import { expect, test } from 'vitest';
import { askControl } from '../control-socket.ts';
import { ANNA_UPN, askCode, choose } from '../testing/reset-steps.ts';
import { startTestCloud } from '../testing/test-cloud.ts';
import { registerAuditCommand } from './audit-command.ts';
import { ACTIVITIES, auditLog } from './audit-log.ts';

type Ask = (method: 'GET', path: string) => Promise<unknown>;

async function run(ask: Ask, now: number, ...args: string[]) {
  const told = { out: [] as string[], err: [] as string[] };
  const program = new Command().exitOverride();
  registerAuditCommand(program, {
    ask,
    print: { out: (line) => void told.out.push(line), err: (line) => void told.err.push(line) },
    now: () => now,
  });
  await program.parseAsync(['audit', ...args], { from: 'user' });
  return told;
}

async function startAudited() {
  const cloud = await startTestCloud();
  const ask: Ask = (method, path) => askControl(cloud.config.dataFolder, method, path);
  return {
    cloud,
    audit: (...args: string[]) => run(ask, cloud.clock.now, ...args),
    [Symbol.asyncDispose]: () => cloud[Symbol.asyncDispose](),
  };
}

test('the code at the foot of a person’s page shows every step of their reset, the wrong ones too', async () => {
  await using side = await startAudited();
  const { cloud } = side;
  const { browser, code } = await askCode(cloud);
  await browser.post('/reset/code', { code: code === '000000' ? '000001' : '000000' });
  await browser.post('/reset/code', { code });
  const { html } = await choose(browser, 'Winter-abc123-XY');
  const supportCode = /<code>([0-9A-F]{4}-[0-9A-F]{4})<\/code>/.exec(html)?.[1] ?? 'none';
  const { out } = await side.audit('--flow', supportCode.toLowerCase().replace('-', ' '));
  const headings = out.filter((_, index) => index % 2 === 0).map((line) => line.slice(25));
  expect(headings.slice(0, 6)).toEqual([
    'User ID entered (Reset)',
    'Code sent (Reset)',
    'Wrong code entered (Reset)',
    'Right code entered (Reset)',
    'New password sent to the directory (Reset)',
    'Password changed (Answer of the directory)',
  ]);
  expect(out[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC {2}U/);
  expect(out[1]).toMatch(/^ {25}by somebody not proven yet, from 127\.0\.0\.1, support code /);
  expect(out[3]).toContain(`about ${ANNA_UPN}, by the cloud, asked from 127.0.0.1`);
  expect(out[7]).toContain(`by ${ANNA_UPN}, from`);
  expect((await side.audit('--person', 'CORP\\aberg', '--activity', 'resets')).out.slice(0, 12)).toEqual(
    out.slice(0, 12),
  );
  expect(out.join('\n')).not.toContain('Winter');
});

test('a beginning that several resets share shows all of them, one after the other', async () => {
  await using side = await startAudited();
  const { cloud, audit } = side;
  const flows = ['4d33385a-0000-4000-8000-000000000001', '4d33ffff-0000-4000-8000-000000000002'];
  const step = { tenantId: cloud.tenantId, activity: 'resetFlowProgress', result: 'codeWrong' } as const;
  const now = cloud.clock.now;
  for (const at of [now, now + 1])
    for (const flowId of flows) await auditLog(cloud.database).append({ ...step, at, flowId });
  const { out, err } = await audit('--flow', '4D33', '--json');
  expect(
    out.map((line) => JSON.parse(line)).map(({ supportCode, time }) => [supportCode, Date.parse(time) - now]),
  ).toEqual([
    ['4D33-385A', 0],
    ['4D33-385A', 1],
    ['4D33-FFFF', 0],
    ['4D33-FFFF', 1],
  ]);
  expect(err).toEqual(['2 resets have a code that begins so; their steps follow one reset after the other.']);
  expect((await audit('--flow', '4D33-385A')).out).toHaveLength(4);
});

test('a reset that is not there is said, with where the code of a fault is found', async () => {
  await using side = await startAudited();
  const { out, err } = await side.audit('--flow', 'ffff 0000');
  expect(out).toEqual([]);
  expect(err.join()).toContain('No reset has this support code.');
  expect(err.join()).toContain('FFFF-0000');
  expect((await side.audit('--activity', 'agents')).err).toEqual([
    'Nothing of that in the last 24 hours; --since 7d looks further back.',
  ]);
});

test('JSON keeps the stored codes, and the names that alert rules know', async () => {
  await using side = await startAudited();
  const { cloud } = side;
  const entry = { tenantId: cloud.tenantId, at: cloud.clock.now, clientAddress: '203.0.113.7' } as const;
  await auditLog(cloud.database).append({ ...entry, activity: 'resetBlocked', result: 'tooManyStarts' });
  const { out } = await side.audit('--activity', 'resetBlocked', '--json');
  expect(JSON.parse(out[0] ?? '')).toEqual({
    time: new Date(cloud.clock.now).toISOString(),
    activity: 'resetBlocked',
    activityName: ACTIVITIES.resetBlocked,
    result: 'tooManyStarts',
    clientAddress: '203.0.113.7',
  });
});

test('all pages are fetched, without an end in time where a reset or a person is asked for', async () => {
  const asked: URL[] = [];
  const ask: Ask = async (_, path) => {
    asked.push(new URL(path, 'http://socket'));
    return { entries: [], flows: [], ...(asked.length === 1 && { further: 'a-place' }) };
  };
  await run(ask, 90_000_000, '--person', 'anna');
  expect(asked.map(({ searchParams }) => searchParams.get('after'))).toEqual([null, 'a-place']);
  expect(asked[0]?.searchParams.get('since')).toBe('0');
  await run(ask, 90_000_000);
  expect(asked.at(-1)?.searchParams.get('since')).toBe(String(90_000_000 - 86_400_000));
});

test('all that is wrong is told at once, by the command and by the cloud', async () => {
  await using side = await startAudited();
  await expect(side.audit('--flow', 'x', '--activity', 'x', '--since', 'lately')).rejects.toMatchObject({
    code: 'ERR_COMMAND_REFUSED',
    message: expect.stringMatching(/--flow: [^\n]+\n--activity: [^\n]+\n--since: /),
  });
  await expect(side.audit('--person', 'nobody')).rejects.toThrow(/--person: no person or administrator/);
  const path = '/administrators/audit?flow=x&person=nobody&activity=x&since=y&after=z';
  await expect(askControl(side.cloud.config.dataFolder, 'GET', path)).rejects.toThrow(
    /--flow: [^\n]+\n--person: [^\n]+\n--activity: [^\n]+\n--since: [^\n]+\nafter: /,
  );
});
