import { newId } from '@homeward/protocol/id';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts';
import { keepAgentEvents, type ToldEvents } from './agent-events.ts';
import { agentEventReader, type EventQuery, isPlace } from './agent-events-reader.ts';

const [tenantId, first, second] = [newId(), newId(), newId()];

let opened: TestDatabase;
beforeEach(async () => {
  opened = await openTestDatabase();
});
afterEach(() => opened[Symbol.asyncDispose]());

const told = (time: number, event = 31002): ToldEvents[number] => ({
  ...{ id: newId(), time, event, level: 'info' },
});
const keep = (agentId: string, events: ToldEvents, of = tenantId) =>
  keepAgentEvents(opened.database, { agentId, tenantId: of, now: 0 }, events);
const reader = () => agentEventReader(opened.database);
const times = async (query: Partial<EventQuery>) =>
  (await reader().page(tenantId, { limit: 100, ...query })).events.map(({ time }) => time);

test('events of all agents of the tenant are read, newest first, and chosen by agent, id and time', async () => {
  await keep(first, [told(1), told(4, 32005)]);
  await keep(second, [told(3), told(2, 31015)]);
  await keep(newId(), [told(9)], newId());
  expect(await times({})).toEqual([4, 3, 2, 1]);
  expect(await times({ agents: [first] })).toEqual([4, 1]);
  expect(await times({ events: [31015, 32005] })).toEqual([4, 2]);
  expect(await times({ since: 3 })).toEqual([4, 3]);
  expect(await times({ agents: [] })).toEqual([]);
});

test('pages come one after the other without a gap or a repeat, also where many events have one time', async () => {
  const shared = told(5);
  await keep(first, [shared, ...Array.from({ length: 6 }, () => told(5)), told(7)]);
  await keep(second, [shared, told(4)]);
  const seen: string[] = [];
  for (let before: string | undefined, pages = 0; pages < 20; pages++) {
    const { events, older } = await reader().page(tenantId, { before, limit: 3 });
    seen.push(...events.map(({ id, agentId }) => `${id} ${agentId}`));
    if (older === undefined) break;
    expect(isPlace(older)).toBe(true);
    await keep(first, [told(100)]);
    before = older;
  }
  expect(seen).toHaveLength(10);
  expect(new Set(seen).size).toBe(10);
});
