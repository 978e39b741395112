import { newId } from '@homeward/protocol/id';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepAgentEvents, type ToldEvents } from '../agents/agent-events.ts';
import { NORTH, newMachine } from '../agents/enrolling-machine.fixture.ts';
import { type EventsOptions, printEvents } from '../agents/events-command.ts';
import { askControl } from '../control-socket.ts';
import { type AdminCloud, startAdminCloud } from './admin-cloud.fixture.ts';

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
    told({
      level: 'error',
      event: 32008,
      rule: '<b>breaker</b>\u202e',
      person,
      versionBefore: 7,
      versionAfter: 8,
    }),
  ]);
  await anna.signIn();
  const { html, title } = await anna.browser.get('/admin/events');
  expect(title).toBe('Events of the agents – Administration – Example Corporation');
  expect(headings(html)).toEqual(['Request refused', 'Enrolment started']);
  expect(html).toContain('Error');
  expect(html).toContain('&lt;b&gt;breaker&lt;/b&gt;?');
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

test('a reset is one line with its end in words, and its codes are folded beside it', async () => {
  const [requestId, person, under] = [newId(), newId(), newId()];
  await agent('dc-agent-1', [
    told({ event: 31001, requestId, person, operation: 'reset' }),
    told({ event: 31003, requestId, person, operation: 'reset', outcome: 'refusedByPolicy' }),
    told({ event: 31001, requestId: under, operation: 'dryRun', outcome: 'ofALaterVersion' }),
  ]);
  await anna.signIn();
  const { html } = await anna.browser.get('/admin/events');
  expect(headings(html).toSorted()).toEqual(['Reset failed', 'Reset started']);
  expect(html).toContain('<p>Reset: refused by the password policy</p>');
  expect(html).toContain('<p>Check without a write: ofALaterVersion</p>');
  expect(html).toMatch(/<details><summary>Ids<\/summary>.*<code>refusedByPolicy<\/code>/s);
  expect(html).toContain(`homeward-agent sync explain ${person}`);
  expect(html).toMatch(/<time datetime="[^"]+">[^<]+ \d\d:\d\d:\d\d UTC<\/time>/);
  expect(headings((await anna.browser.get('/admin/events?event=31001')).html)).toHaveLength(2);
});

test('events are chosen by how long ago they were, and what is no choice is refused', async () => {
  const at = side.clock.now + 60_000;
  const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
  await agent(
    'dc-agent-1',
    [5 * minute, 2 * hour, 3 * day, 9 * day].map((ago) => told({ time: at - ago })),
  );
  await anna.signIn();
  const count = async (since: string) =>
    headings((await anna.browser.get(`/admin/events?since=${since}`)).html).length;
  expect(await Promise.all(['1h', '24h', '7d', ''].map(count))).toEqual([1, 2, 3, 4]);
  const chosen = await anna.browser.get('/admin/events?since=24h&agent=dc-agent-1');
  expect(chosen.html).toContain('<option value="24h" selected="">24 hours ago</option>');
  expect(chosen.html).toContain('<option value="dc-agent-1" selected="">dc-agent-1</option>');
  const wrong = await anna.browser.get(`/admin/events?since=${at}`);
  expect(wrong.status).toBe(400);
  expect(wrong.html).toContain('<a href="#since">That is no choice of this list.');
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

test('the command line gets the same events through the control socket, and hears all that is wrong at once', async () => {
  await agent('dc-agent-1', [
    told({ time: side.clock.now - 1 }),
    told({ event: 32005 }),
    told({ time: 5, event: 31015 }),
  ]);
  const { dataFolder } = side.cloud.config;
  const run = async (options: EventsOptions) => {
    const lines: string[] = [];
    await printEvents(options, {
      ask: (method, path) => askControl(dataFolder, method, path),
      print: { out: (line) => void lines.push(line), err: (line) => void lines.push(line) },
      now: () => side.clock.now,
    });
    return lines;
  };
  const lines = await run({ agent: 'dc-agent-1' });
  expect(lines.slice(1).map((line) => line.slice(26))).toEqual([
    '31002 Password reset (dc-agent-1)',
    '32005 Problem in the configuration (dc-agent-1)',
  ]);
  expect(await run({ event: '31015', since: '1970-01-01T00:00Z', json: true })).toHaveLength(1);
  await expect(run({ agent: 'nobody' })).rejects.toMatchObject({
    ...{ code: 'ERR_COMMAND_REFUSED', message: expect.stringContaining('--agent: no agent has this') },
  });
  const asked = askControl(dataFolder, 'GET', '/administrators/events?agent=nobody&event=x&since=y&before=z');
  await expect(asked).rejects.toThrow(/--agent: [^\n]+\n--event: [^\n]+\n--since: [^\n]+\nbefore: /);
});
