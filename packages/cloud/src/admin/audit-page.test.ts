import { newId } from '@homeward/protocol/id';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newMachine } from '../agents/enrolling-machine.fixture.ts';
import { type AuditEntry, auditLog } from '../audit/audit-log.ts';
import { type AdminCloud, startAdminCloud } from './admin-cloud.fixture.ts';

const FLOW = '4d33385a-0b1c-4f2e-8a9d-00c04fc964ff';
const UPN = 'anna.berg@corp.example.com';

let side: AdminCloud;
let anna: Awaited<ReturnType<AdminCloud['newAdministrator']>>;
beforeEach(async () => {
  side = await startAdminCloud();
  anna = await side.newAdministrator('admin-anna');
});
afterEach(() => side[Symbol.asyncDispose]());

const write = (more: Partial<AuditEntry> = {}) =>
  auditLog(side.cloud.database).append({
    ...{ tenantId: side.cloud.tenantId, at: Date.UTC(2026, 10, 21, 11, 22, 33), flowId: FLOW },
    ...{ activity: 'resetFlowProgress', result: 'userIdSubmitted', clientAddress: '203.0.113.7', ...more },
  });
const show = (query = '') => anna.browser.get(`/admin/audit${query}`);
const headings = (html: string) => [...html.matchAll(/<h3>([^<]*)<\/h3>/g)].map(([, text]) => text);
const personId = async () => {
  const { id } = await side.cloud.database.selectFrom('person').select('id').executeTakeFirstOrThrow();
  return id;
};

test('nobody sees the audit log without a session', async () => {
  expect((await show()).path).toContain('/admin/sign-in');
});

test('the steps of a reset are told in words, from the first to the last', async () => {
  const id = await personId();
  await write();
  await write({ result: 'codeSent', personId: id });
  await write({ result: 'codeProven', personId: id });
  const answered = { personId: id, actorId: id, requestId: newId() };
  await write({ activity: 'resetPassword', result: 'refusedByPolicy', ...answered });
  await write({ flowId: newId() });
  await anna.signIn();
  for (const code of ['4D33-385A', '4d33', FLOW]) {
    const { html, status, title } = await show(`?flow=${code}&person=&activity=`);
    expect(status).toBe(200);
    expect(title).toBe('Audit log – Administration – Example Corporation');
    expect(headings(html)).toEqual([
      'User ID entered',
      'Code sent',
      'Right code entered',
      'Refused: the password breaks the rules',
    ]);
    for (const text of [
      `The reset 4D33-385A of ${UPN}, step by step`,
      '2026-11-21 11:22:33 UTC',
      'By somebody not proven yet, from 203.0.113.7',
      `By <a href="/admin/audit?person=${id}">${UPN}</a>`,
      answered.requestId,
    ])
      expect(html).toContain(text);
    expect(html).toContain('<a href="/admin/audit" aria-current="page">Audit</a>');
  }
});

test('what is typed may be wrong: each field says so, and keeps it', async () => {
  await anna.signIn();
  const wrong = await show('?flow=%3Cb%3E&person=nobody&activity=x');
  expect(wrong.status).toBe(400);
  expect(wrong.title).toMatch(/^Error/);
  for (const field of ['flow', 'person', 'activity']) expect(wrong.html).toContain(`<a href="#${field}">`);
  expect(wrong.html).toContain('value="&lt;b&gt;"');
  const none = await show('?flow=ffff-0000');
  expect(none.status).toBe(200);
  expect(none.html).toContain('No reset has this support code');
  expect((await show('?after=x')).status).toBe(400);
});

test('a code that two resets share shows both, apart from each other', async () => {
  const other = `${FLOW.slice(0, 8)}-ffff-4000-8000-000000000000`;
  await write();
  await write({ flowId: other, result: 'codeProven', personId: await personId() });
  await anna.signIn();
  const { html } = await show('?flow=4D33-385A');
  expect(html).toContain('2 resets have a code that begins so.');
  expect(html.match(/<h2>The reset 4D33-385A/g)).toHaveLength(2);
  const { html: narrowed } = await show(`?flow=4D33-385A&person=${UPN}`);
  expect(headings(narrowed)).toEqual(['Right code entered']);
});

test('administrators’ sign-ins and approvals are there, by whom and about what', async () => {
  const machine = await newMachine(side, 'dc-agent-1');
  await machine.enrolByToken();
  await anna.givePassword('wrong');
  await anna.signIn();
  const { html } = await show('?activity=administrators');
  expect(headings(html)).toEqual([
    'Administrator passed both gates',
    'Password right',
    'Wrong password',
    'Administrator made',
  ]);
  expect(html).toMatch(/By <a href="[^"]+">administrator admin-anna<\/a>, from 127\.0\.0\.1/);
  const { html: agents } = await show('?activity=agents');
  expect(headings(agents)).toEqual(['Agent in service']);
  expect(agents).toContain('About agent dc-agent-1');
  const { html: hers } = await show('?person=admin-anna');
  expect(headings(hers)).toContain('Administrator passed both gates');
});

test('older entries are a link further, with the same choice, and each leads to its reset', async () => {
  for (let count = 0; count < 120; count++) await write({ at: side.clock.now + count });
  await anna.signIn();
  const walk = async (from: string) => {
    const seen: number[] = [];
    for (let path: string | undefined = from; path !== undefined && seen.length < 9; ) {
      const { html } = await anna.browser.get(path);
      seen.push(headings(html).length);
      path = /href="([^"]+)" rel="next"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
    }
    return seen;
  };
  expect(await walk('/admin/audit?activity=resets')).toEqual([50, 50, 20]);
  expect(await walk('/admin/audit?flow=4d33')).toEqual([50, 50, 20]);
  expect((await show('?activity=resets')).html).toContain(`<a href="/admin/audit?flow=${FLOW}">`);
});
