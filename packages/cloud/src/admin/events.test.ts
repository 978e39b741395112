import { newId } from '@homeward/protocol/id';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepAgentEvents, type ToldEvents } from '../agents/agent-events.ts';
import { NORTH, newMachine } from '../agents/enrolling-machine.fixture.ts';
import { type AdminCloud, startAdminCloud } from './admin-cloud.fixture.ts';
import { administratorControl } from './control-routes.ts';

let side: AdminCloud;
let anna: Awaited<ReturnType<AdminCloud['newAdministrator']>>;
beforeEach(async () => {
  side = await startAdminCloud();
  anna = await side.newAdministrator('admin-anna');
});
afterEach(() => side[Symbol.asyncDispose]());

const told = (more: Partial<ToldEvents[number]> = {}): ToldEvents[number] => ({
  ...{ id: newId(), time: side.clock.now, event: 31002, level: 'info', ...more },
});

async function agent(name: string, events: ToldEvents, forests?: Parameters<typeof newMachine>[2]) {
  const machine = await newMachine(side, name, forests);
  const id = String((await machine.enrolByToken()).body['agentId']);
  const { tenantId, database } = side.cloud;
  if (events.length > 0) await keepAgentEvents(database, { agentId: id, tenantId, now: 0 }, events);
  return id;
}

const headings = (html: string) => [...html.matchAll(/<h3>([^<]*) <a/g)].map(([, text]) => text);

test('nobody sees events without a session', async () => {
  expect((await anna.browser.get('/admin/events')).path).toContain('/admin/sign-in');
});

test('events are shown newest first, with their agent, what they mean, and nothing as markup', async () => {
  const person = newId();
  await agent('dc-agent-1', [
    told({ time: 1_000, event: 31004 }),
    told({ level: 'error', event: 32008, rule: '<b>breaker</b>', person, versionBefore: 7, versionAfter: 8 }),
  ]);
  await anna.signIn();
  const { html, title } = await anna.browser.get('/admin/events');
  expect(title).toBe('Events of the agents – Administration – Example Corporation');
  expect(headings(html)).toEqual(['Request refused', 'Enrolment started']);
  expect(html).toContain('Error');
  expect(html).toContain('&lt;b&gt;breaker&lt;/b&gt;');
  for (const text of [person, '7 → 8', 'dc-agent-1', 'id="event-31004"', 'began to enable writeback'])
    expect(html).toContain(text);
  expect(html).toContain('<a href="/admin/events" aria-current="page">Events</a>');
});

test('a plain form chooses by agent and event, and says what was wrong with a choice', async () => {
  await agent('dc-agent-1', [told(), told({ event: 32005, level: 'error' })]);
  const north = await agent('north-1', [told({ event: 31015 })], [NORTH]);
  await anna.signIn();
  const shown = async (query: string) => headings((await anna.browser.get(`/admin/events${query}`)).html);
  expect(await shown('?agent=&event=')).toHaveLength(3);
  expect(await shown('?agent=north-1&event=')).toEqual(['Agent started']);
  expect(await shown(`?agent=${north}`)).toEqual(['Agent started']);
  expect(await shown('?agent=&event=31002%2C+31015')).toHaveLength(2);
  expect((await anna.browser.get('/admin/events?agent=north-1&event=31002')).html).toContain(
    'No such event.',
  );
  const wrong = await anna.browser.get('/admin/events?agent=nobody&event=x');
  expect(wrong.status).toBe(400);
  expect(wrong.title).toMatch(/^Error/);
  expect(wrong.html).toContain('<a href="#agent">No agent has this name or id.');
  expect(wrong.html).toContain('<a href="#event">These are no event numbers.');
  expect(wrong.html).toContain('value="nobody"');
  expect((await anna.browser.get('/admin/integration')).html).toContain(`/admin/events?agent=${north}`);
});

test('older events are a link further, with the same choice', async () => {
  const many = Array.from({ length: 60 }, (_, time) => told({ time }));
  await agent('dc-agent-1', [...many, told({ time: 99, event: 31015 })]);
  await anna.signIn();
  const seen: number[] = [];
  let path: string | undefined = '/admin/events?event=31002';
  for (let pages = 0; path !== undefined && pages < 9; pages++) {
    const { html } = await anna.browser.get(path);
    seen.push(headings(html).length);
    expect(html.includes('Back to the newest')).toBe(pages > 0);
    path = /href="([^"]+)" rel="next"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
  }
  expect(seen).toEqual([25, 25, 10]);
  expect((await anna.browser.get('/admin/events?before=x')).status).toBe(400);
});

test('the control socket gives the same events, and refuses what is wrong all at once', async () => {
  await agent('dc-agent-1', [told({ time: 5 }), told({ time: 7, event: 32005 })]);
  const control = administratorControl(side.accounts);
  const ask = async (query: string) => {
    const response = await control.request(`/events?${query}`);
    return { status: response.status, body: await response.json() };
  };
  expect(await ask('agent=dc-agent-1&since=6')).toMatchObject({
    ...{ status: 200, body: { events: [{ event: 32005, agentName: 'dc-agent-1' }] } },
  });
  const wrong = await ask('agent=nobody&event=x&since=lately');
  expect(wrong.status).toBe(400);
  expect(wrong.body.message.split('\n')).toHaveLength(3);
});
