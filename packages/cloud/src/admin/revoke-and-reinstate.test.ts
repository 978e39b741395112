import { afterEach, beforeEach, expect, test } from 'vitest';
import { CORP, type Machine, NORTH, newMachine } from '../agents/enrolling-machine.fixture.ts';
import { peopleStore } from '../people/people-store.ts';
import { eventually } from '../testing/eventually.ts';
import { ANNA } from '../testing/test-cloud.ts';
import { type AdminCloud, endingOf, startAdminCloud } from './admin-cloud.fixture.ts';

type Administrator = Awaited<ReturnType<AdminCloud['newAdministrator']>>;

let side: AdminCloud;
let anna: Administrator;
let machine: Machine;
let id: string;
let revokePath: string;
let reinstatePath: string;

beforeEach(async () => {
  side = await startAdminCloud();
  anna = await side.newAdministrator('admin-anna', 'anna.berg@example.com');
  await anna.signIn();
  machine = await newMachine(side, 'dc-agent-1');
  id = String((await machine.enrolByToken()).body['agentId']);
  revokePath = `/admin/agents/${id}/revoke`;
  reinstatePath = `/admin/integration/${id}/reinstate`;
});
afterEach(() => side[Symbol.asyncDispose]());

const statusOf = async (agentId = id) => {
  const rows = await side.cloud.database.selectFrom('agent').select(['id', 'status']).execute();
  return rows.find((row) => row.id === agentId)?.status;
};

const shutOut = () =>
  side.cloud.database.updateTable('agent').set({ status: 'cloned' }).where('id', '=', id).execute();

const mailAbout = async (subject: string) => {
  for (let number = 1; ; number++) {
    const mail = await side.cloud.mail.nth(number);
    if (mail.subject === subject) return mail;
  }
};

const audited = (activity: 'revokeAgent' | 'agentReinstated') =>
  side.cloud.database
    .selectFrom('audit')
    .select(['result', 'actorId', 'detail'])
    .where('activity', '=', activity)
    .where('result', '!=', 'confirmationMailed')
    .execute();

const withoutGates: [string, Record<string, string>, string][] = [
  ['nothing', {}, 'Enter your password and the newest code'],
  ['the password alone', { password: 'a plain long password' }, 'Enter your password and the newest code'],
  ['a wrong password', { password: 'wrong', code: '000000' }, 'The password is not right'],
  ['a wrong code', { password: 'a plain long password', code: '000000' }, 'That code is not right'],
];

test.each(withoutGates)('a session and %s do not revoke an agent', async (_, typed, told) => {
  const refused = await anna.browser.post(revokePath, typed);
  expect(refused.html).toContain(told);
  expect(refused.title).toContain('Revoke dc-agent-1?');
  expect(await statusOf()).toBe('active');
});

test.each(withoutGates)('a session and %s do not let a cloned agent in again', async (_, typed, told) => {
  await shutOut();
  const refused = await anna.browser.post(reinstatePath, typed);
  expect(refused.html).toContain(told);
  expect(refused.title).toContain('Let dc-agent-1 in again?');
  expect(await statusOf()).toBe('cloned');
});

test('the code that signed in does not revoke as well', async () => {
  expect((await anna.confirm(revokePath, { code: anna.lastCode })).html).toContain('used already');
  expect(await statusOf()).toBe('active');
});

test('an agent is revoked with both gates, once, and every administrator is told by whom', async () => {
  await side.newAdministrator('admin-otto', 'otto@example.com');
  const revoked = await anna.confirm(revokePath);
  expect(revoked.html).toContain('Revoked. The agent is cut off');
  expect(revoked.html).toContain('No longer in service');
  expect((await machine.credential(id)).status).toBe(401);
  expect((await anna.browser.get(revokePath)).status).toBe(404);
  expect((await anna.confirm(revokePath)).status).toBe(404);
  const mail = await mailAbout('An agent was revoked: dc-agent-1');
  expect(mail.text).toContain('by admin-anna in the portal');
  expect(mail.text).toContain('corp.example.com');
  expect(mail.text).toContain('waits until two administrators approve it');
  expect(mail.text).toContain('homeward-cloud admin disable');
  const { database } = side.cloud;
  await eventually(() => database.selectFrom('mailOutbox').select('id').execute()).toEqual([]);
  const told = side.cloud.mail.taken.filter(({ subject }) => subject === mail.subject);
  expect(told.map(({ to }) => to).toSorted()).toEqual(['anna.berg@example.com', 'otto@example.com']);
  const [entry] = await audited('revokeAgent');
  expect(entry).toMatchObject({ result: 'success', detail: id });
});

test('an agent that was shut out for its copy is let in again with both gates, once', async () => {
  await shutOut();
  const page = await anna.browser.get('/admin/integration');
  expect(page.html).toContain('Two machines run as one agent');
  expect(page.html).toContain(`href="${reinstatePath}"`);
  expect((await anna.browser.get(reinstatePath)).html).toContain('whichever machine connects first');
  expect((await anna.confirm(reinstatePath)).html).toContain('Let in again.');
  expect(await statusOf()).toBe('active');
  expect((await anna.confirm(reinstatePath)).html).toContain('was not shut out');
  expect((await anna.browser.get(reinstatePath)).path).toContain('/admin/integration?news=notReinstated');
  const mail = await mailAbout('An agent was let in again: dc-agent-1');
  expect(mail.text).toContain('by admin-anna in the portal');
  expect(mail.text).toContain('revoke the agent');
  expect(await audited('agentReinstated')).toMatchObject([{ result: 'success', detail: id }]);
});

test('whoever has the name of a person lets no agent in, but revokes: nobody is shielded by a name', async () => {
  const taken = { ...ANNA, externalId: 'b3R0bw==', samAccountName: 'Admin-Anna' };
  await peopleStore(side.cloud.database).provision(side.cloud.tenantId, taken, side.clock.now);
  await shutOut();
  expect((await anna.confirm(reinstatePath)).status).toBe(403);
  expect(await statusOf()).toBe('cloned');
  expect((await anna.confirm(revokePath)).html).toContain('Revoked.');
});

test('before a forest’s last agent is revoked the page says what follows, also to an only administrator', async () => {
  const alone = await anna.browser.get(revokePath);
  expect(alone.html).toContain('No other agent serves corp.example.com');
  expect(alone.html).toContain('You are the only administrator');
  expect(alone.html).toContain('homeward-cloud agent revoke');
  await side.newAdministrator('admin-otto');
  const ofTwo = await anna.browser.get(revokePath);
  expect(ofTwo.html).toContain('waits until two administrators approve it');
  expect(ofTwo.html).not.toContain('You are the only administrator');
  const north = await newMachine(side, 'north-1', [NORTH]);
  await north.enrolByToken();
  const second = await newMachine(side, 'dc-agent-2');
  const secondId = String((await second.enrolByToken()).body['agentId']);
  await side.cloud.database
    .updateTable('agent')
    .set({ status: 'active' })
    .where('id', '=', secondId)
    .execute();
  expect((await anna.browser.get(revokePath)).html).not.toContain('No other agent serves');
});

test('one administrator alone does not put another machine in the place of one that they revoked', async () => {
  await anna.confirm(revokePath);
  const next = await newMachine(side, 'dc-agent-2', [CORP]);
  const code = await next.askForCode();
  const shown = await anna.browser.post('/admin/approve', { userCode: code.user_code });
  expect(shown.html).toContain('was revoked in this portal within the last 24 hours');
  expect(shown.html).toContain('You are the only administrator');
  expect((await anna.approve(shown.path, endingOf(next))).path).toBe('/admin?news=approved');
  const enrolled = await next.poll(code.device_code);
  expect(enrolled.body['status']).toBe('pending');
  const nextId = String(enrolled.body['agentId']);
  const waiting = await anna.browser.get(`/admin/agents/${nextId}`);
  expect(waiting.html).toContain('You have approved it.');
  expect(waiting.html).toContain('homeward-cloud admin create');
  expect(waiting.html).not.toContain('homeward-agent admit');
  expect((await next.credential(nextId)).status).toBe(401);

  const otto = await side.newAdministrator('admin-otto');
  await otto.signIn();
  const path = `/admin/agents/${nextId}`;
  expect((await otto.browser.get(path)).html).not.toContain('homeward-cloud admin create');
  expect((await otto.approve(path, endingOf(next))).path).toBe('/admin?news=admitted');
  expect((await next.credential(nextId)).status).toBe(200);
});
