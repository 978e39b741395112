import { afterEach, beforeEach, expect, test } from 'vitest';
import { newMachine } from '../agents/enrolling-machine.fixture.ts';
import { peopleStore } from '../people/people-store.ts';
import { ANNA } from '../testing/test-cloud.ts';
import { type AdminCloud, endingOf, startAdminCloud } from './admin-cloud.fixture.ts';

const MINUTE = 60_000;
/** The last six of a fingerprint, and their dash. Four alone are in some id of a page now and then. */
const HIDDEN = 7;

let side: AdminCloud;

beforeEach(async () => {
  side = await startAdminCloud();
});
afterEach(() => side[Symbol.asyncDispose]());

async function askingMachine(name = 'dc-agent-1') {
  const machine = await newMachine(side, name);
  const code = await machine.askForCode();
  return { machine, code };
}

test('an administrator signs in with password and code, and out again', async () => {
  const anna = await side.newAdministrator('admin-anna');
  const first = await anna.browser.get('/admin');
  expect(first.path).toBe('/admin/sign-in');
  expect(first.html).not.toContain('Your session is over');
  expect((await anna.givePassword()).path).toBe('/admin/sign-in/code');
  const portal = await anna.giveCode();
  expect(portal.path).toBe('/admin');
  expect(portal.title).toBe('Agents – Administration – Example Corporation');
  expect(anna.browser.setCookies.at(-1)).toMatch(
    /^__Host-homeward-admin=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  expect((await anna.browser.post('/admin/sign-out', {})).html).toContain('You are signed out.');
  expect((await anna.browser.get('/admin')).path).toBe('/admin/sign-in');
});

test('the password alone opens nothing, and a new cookie comes with each gate', async () => {
  const anna = await side.newAdministrator('admin-anna');
  await anna.givePassword();
  const before = anna.browser.cookies.get('__Host-homeward-admin') ?? '';
  expect((await anna.browser.get('/admin')).path).toBe('/admin/sign-in?news=ended');
  expect((await anna.giveCode()).path).toBe('/admin');
  const after = anna.browser.cookies.get('__Host-homeward-admin');
  expect(after).not.toBe(before);
  anna.browser.cookies.set('__Host-homeward-admin', before);
  expect((await anna.browser.get('/admin')).path).toContain('/admin/sign-in');
});

test('unknown name, wrong password and disabled account look the same', async () => {
  const anna = await side.newAdministrator('admin-anna');
  const otto = await side.newAdministrator('admin-otto');
  await otto.disable();
  const answers = [
    { userName: 'admin-anna', answer: await anna.givePassword('wrong') },
    { userName: 'admin-otto', answer: await otto.givePassword() },
    {
      userName: 'admin-nobody',
      answer: await anna.browser.post('/admin/sign-in', { userName: 'admin-nobody', password: 'x' }),
    },
  ];
  const seen = answers.map(({ userName, answer: { path, html, status } }) => {
    expect(html, 'the name stays in its field').toContain(`value="${userName}"`);
    return { path, status, html: html.replace(userName, 'NAME') };
  });
  expect(seen[0]?.html).toContain('do not belong together');
  expect(seen[0]).toMatchObject({ path: '/admin/sign-in', status: 400 });
  expect(seen).toEqual(seen.map(() => seen[0]));
});

test('a wrong code and one that was used are told apart, and neither opens the portal', async () => {
  const anna = await side.newAdministrator('admin-anna');
  await anna.signIn();
  const used = anna.lastCode;
  const again = await side.newBrowserFor(anna);
  await again.givePassword();
  const wrong = await again.browser.post('/admin/sign-in/code', { code: '12345x' });
  expect(wrong.html).toContain('That code is not right');
  const reused = await again.browser.post('/admin/sign-in/code', { code: used });
  expect(reused.html).toContain('That code was used already');
  expect((await again.browser.get('/admin')).path).toContain('/admin/sign-in');
});

test('a session ends after half an hour without use, and after eight hours with it', async () => {
  const anna = await side.newAdministrator('admin-anna');
  await anna.signIn();
  for (let at = 0; at < 8 * 60 - 20; at += 20) {
    side.clock.now += 20 * MINUTE;
    expect((await anna.browser.get('/admin')).path).toBe('/admin');
  }
  side.clock.now += 20 * MINUTE;
  expect((await anna.browser.get('/admin')).html).toContain('Your session is over');
  await anna.signIn();
  side.clock.now += 30 * MINUTE;
  expect((await anna.browser.get('/admin')).path).toBe('/admin/sign-in?news=ended');
});

test('disabling an account ends its sessions', async () => {
  const anna = await side.newAdministrator('admin-anna');
  await anna.signIn();
  await anna.disable();
  expect((await anna.browser.get('/admin')).path).toBe('/admin/sign-in?news=ended');
});

test('a machine is approved by its code, its fingerprint’s end, and both gates once more', async () => {
  const { machine, code } = await askingMachine();
  const anna = await side.newAdministrator('admin-anna');
  await anna.signIn();
  const shown = await anna.browser.post('/admin/approve', { userCode: code.user_code.toLowerCase() });
  expect(shown.title).toContain('Make this machine an agent?');
  for (const text of [
    'dc-agent-1',
    '127.0.0.1',
    'S-1-5-21-10-20-30',
    'passwords of everyone in corp.example.com',
  ])
    expect(shown.html).toContain(text);
  expect(shown.html).not.toContain(endingOf(machine));
  expect(shown.html).not.toContain(machine.fingerprint.slice(-HIDDEN));
  const approved = await anna.approve(shown.path, endingOf(machine));
  expect(approved.path).toBe('/admin?news=approved');
  expect((await machine.poll(code.device_code)).body['status']).toBe('active');
  const listed = await anna.browser.get('/admin');
  for (const text of ['dc-agent-1', machine.fingerprint, 'Not connected'])
    expect(listed.html).toContain(text);
});

test('what is wrong in an approval is told at its field, and the fifth time ends the request', async () => {
  const { machine, code } = await askingMachine();
  const anna = await side.newAdministrator('admin-anna');
  await anna.signIn();
  const { path } = await anna.browser.post('/admin/approve', { userCode: code.user_code });
  const ending = endingOf(machine);
  const codeOfSignIn = anna.lastCode;
  expect((await anna.approve(path, ending, { code: codeOfSignIn })).html).toContain('used already');
  expect((await anna.approve(path, '')).html).toContain('Fill in all three fields');
  expect((await anna.approve(path, 'ffffff')).html).toContain('not the last characters of this machine');
  expect((await anna.approve(path, ending, { password: 'wrong' })).html).toContain(
    'The password is not right',
  );
  expect((await anna.approve(path, ending, { code: '000000' })).html).toContain('That code is not right');
  expect((await anna.approve(path, 'eeeeee')).html).toContain('not the last characters of this machine');
  const fifth = await anna.approve(path, 'ffffff');
  expect(fifth.status).toBe(410);
  expect(fifth.title).toContain('This request is over');
  expect((await anna.approve(path, ending)).status).toBe(410);
  expect((await machine.poll(code.device_code)).body['error']).toBe('access_denied');
});

test('a code that no machine shows is counted, and the sixth blocks the codes that live now', async () => {
  const { code } = await askingMachine();
  const anna = await side.newAdministrator('admin-anna');
  await anna.signIn();
  const enter = (userCode: string) => anna.browser.post('/admin/approve', { userCode });
  expect((await enter('')).html).toContain('Enter the code');
  expect((await enter('ABC')).html).toContain('8 letters');
  for (let count = 0; count < 5; count++)
    expect((await enter('BBBB-BBBB')).html).toContain('No machine waits');
  expect((await enter('BBBB-BBBB')).status).toBe(429);
  expect((await enter(code.user_code)).status).toBe(429);
});

test('a machine that was approved is listed until it comes for its enrolment, or its time is over', async () => {
  const { machine, code } = await askingMachine();
  const gone = await askingMachine('dc-agent-2');
  const anna = await side.newAdministrator('admin-anna');
  await anna.signIn();
  for (const each of [{ machine, code }, gone]) {
    const { path } = await anna.browser.post('/admin/approve', { userCode: each.code.user_code });
    expect((await anna.approve(path, endingOf(each.machine))).path).toBe('/admin?news=approved');
  }
  const listed = async () => {
    const { html } = await anna.browser.get('/admin');
    return [...html.matchAll(/<h2>([^<]+)|<h3>([^<]+)/g)].map(([, group, name]) => group ?? name);
  };
  expect(await listed()).toEqual(['Approved, not yet enrolled', 'dc-agent-1', 'dc-agent-2']);
  expect((await machine.poll(code.device_code)).status).toBe(201);
  const heading = 'Approved, not yet enrolled';
  expect(await listed()).toEqual([heading, 'dc-agent-2', 'In service', 'dc-agent-1']);
  side.clock.now += 10 * MINUTE;
  expect(await listed()).toEqual(['In service', 'dc-agent-1']);
});

test('an address of the portal that leads nowhere leads back into the portal', async () => {
  const anna = await side.newAdministrator('admin-anna');
  for (const path of ['/admin/agent', '/admin/agents/x/y']) {
    const { status, html } = await anna.browser.get(path);
    expect(status).toBe(404);
    expect(html).toContain('<a class="button" href="/admin">Go to the agents</a>');
  }
});

test('an expired code and a refused machine end in words', async () => {
  const { machine, code } = await askingMachine();
  const anna = await side.newAdministrator('admin-anna');
  await anna.signIn();
  const { path } = await anna.browser.post('/admin/approve', { userCode: code.user_code });
  expect((await anna.browser.post(`${path}/refuse`, {})).html).toContain('Refused.');
  expect((await machine.poll(code.device_code)).body['error']).toBe('access_denied');
  const second = await askingMachine('dc-agent-2');
  side.clock.now += 10 * MINUTE;
  const late = await anna.browser.post('/admin/approve', { userCode: second.code.user_code });
  expect(late.html).toContain('No machine waits with this code');
  expect((await anna.browser.get(path)).status).toBe(410);
});

test('an administrator whose name a person of the directory has by now approves nothing', async () => {
  const { machine, code } = await askingMachine();
  const anna = await side.newAdministrator('admin-anna');
  await anna.signIn();
  const { path } = await anna.browser.post('/admin/approve', { userCode: code.user_code });
  const taken = { ...ANNA, externalId: 'b3R0bw==', samAccountName: 'Admin-Anna' };
  await peopleStore(side.cloud.database).provision(side.cloud.tenantId, taken, side.clock.now);
  const refused = await anna.approve(path, endingOf(machine));
  expect(refused.status).toBe(403);
  expect(refused.html).toContain('Somebody in the directory has the same name');
  expect((await machine.poll(code.device_code)).body['error']).toBe('authorization_pending');
});

test('a second agent is put in service by two administrators, who are all mailed', async () => {
  const first = await newMachine(side, 'dc-agent-1');
  await first.enrolByToken();
  const anna = await side.newAdministrator('admin-anna', 'anna.berg@example.com');
  const second = await newMachine(side, 'dc-agent-2');
  const enrolled = await second.enrolByToken();
  const id = String(enrolled.body['agentId']);
  await anna.signIn();
  const list = await anna.browser.get('/admin');
  expect(list.html).toContain('Waits for approval');
  expect(list.html).not.toContain(second.fingerprint.slice(-HIDDEN));
  const path = `/admin/agents/${id}`;
  expect((await anna.approve(path, endingOf(second))).path).toBe('/admin?news=oneMore');
  expect((await anna.browser.get(path)).html).toContain('Approved so far by admin-anna.');
  expect((await second.credential(id)).status).toBe(401);

  const otto = await side.newAdministrator('admin-otto');
  await otto.signIn();
  expect((await otto.approve(path, endingOf(second))).path).toBe('/admin?news=admitted');
  expect((await second.credential(id)).status).toBe(200);
  const mails = [await side.cloud.mail.nth(1), await side.cloud.mail.nth(2)];
  expect(mails.map(({ to }) => to)).toEqual(Array(2).fill('anna.berg@example.com'));
  expect(mails.map(({ subject }) => subject).toSorted()).toEqual([
    'A machine waits to be admitted: dc-agent-2',
    'A machine was admitted as an agent: dc-agent-2',
  ]);
  expect((await otto.browser.get(path)).status).toBe(404);
});

test.each([
  ...['/admin', '/admin/approve', '/admin/approve/x', '/admin/agents/x', '/admin/agents/x/revoke'],
  '/admin/integration/x/reinstate',
])('%s is closed to whoever is not signed in, and to forms of other sites', async (path) => {
  const anna = await side.newAdministrator('admin-anna');
  expect((await anna.browser.get(path)).path).toBe('/admin/sign-in');
  if (path === '/admin') return;
  const posted = await anna.browser.post(path, {}, { 'sec-fetch-site': 'cross-site' });
  expect(posted.status).toBe(403);
  expect((await anna.browser.post(path, {})).path).toBe('/admin/sign-in');
});
