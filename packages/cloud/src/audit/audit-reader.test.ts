import { newId } from '@homeward/protocol/id';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { peopleStore } from '../people/people-store.ts';
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts';
import { ANNA } from '../testing/test-cloud.ts';
import { type AuditEntry, auditLog } from './audit-log.ts';
import { type AuditQuery, auditReader, isPlace } from './audit-reader.ts';

const tenantId = newId();
const [anna, boris] = [newId(), newId()];
const FLOW = '4d33385a-0b1c-4f2e-8a9d-00c04fc964ff';

let opened: TestDatabase;
beforeEach(async () => {
  opened = await openTestDatabase();
});
afterEach(() => opened[Symbol.asyncDispose]());

const write = (at: number, more: Partial<AuditEntry> = {}) =>
  auditLog(opened.database).append({
    ...{ tenantId, at, activity: 'resetFlowProgress', result: 'userIdSubmitted', ...more },
  });
const reader = () => auditReader(opened.database);
const times = async (query: Partial<AuditQuery> = {}) => {
  const { entries } = await reader().page(tenantId, { order: 'newestFirst', limit: 100, ...query });
  return entries.map(({ at }) => at);
};

test('entries of the tenant are read in either order, and chosen by activity and time', async () => {
  await write(1);
  await write(3, { activity: 'revokeAgent', result: 'success' });
  await write(2, { activity: 'admitAgent', result: 'success' });
  await write(9, { tenantId: newId() });
  expect(await times()).toEqual([3, 2, 1]);
  expect(await times({ order: 'oldestFirst' })).toEqual([1, 2, 3]);
  expect(await times({ activities: ['admitAgent', 'revokeAgent'] })).toEqual([3, 2]);
  expect(await times({ since: 2 })).toEqual([3, 2]);
  expect(await times({ activities: [] })).toEqual([]);
});

test('the steps of a reset come in the order in which they were taken, also within one millisecond', async () => {
  const results = ['userIdSubmitted', 'codeSent', 'codeProven', 'passwordSubmitted'] as const;
  for (const result of results) await write(5, { flowId: FLOW, result });
  await write(5, { flowId: newId() });
  const query = { flows: [FLOW], order: 'oldestFirst', limit: 100 } as const;
  const { entries } = await reader().page(tenantId, query);
  expect(entries.map(({ result }) => result)).toEqual(results);
});

test('a person has what they did, and every step of their resets, also those before the proof', async () => {
  await write(1, { flowId: FLOW });
  await write(2, { flowId: FLOW, result: 'codeWrong' });
  await write(3, { flowId: FLOW, result: 'codeProven', personId: anna, actorId: anna });
  await write(4, { flowId: newId(), personId: boris });
  await write(5, { activity: 'updateUser', result: 'success', personId: anna, actorId: newId() });
  await write(6, { activity: 'administratorSignIn', result: 'success', actorId: boris });
  expect(await times({ people: [anna] })).toEqual([5, 3, 2, 1]);
  expect(await times({ people: [boris] })).toEqual([6, 4]);
  expect(await times({ people: [anna, boris], activities: ['administratorSignIn'] })).toEqual([6]);
  expect(await times({ flows: [FLOW], people: [anna] })).toEqual([3, 2, 1]);
  expect(await times({ flows: [FLOW], people: [boris] })).toEqual([]);
  expect(await times({ people: [] })).toEqual([]);
});

test('pages come one after the other without a gap or a repeat, whatever is asked for', async () => {
  for (let count = 0; count < 10; count++) {
    const personId = count % 2 === 0 ? anna : null;
    await write(5, { flowId: FLOW, personId });
  }
  const asked = [{}, { people: [anna] }, { flows: [FLOW] }, { activities: ['resetFlowProgress'] as const }];
  for (const query of asked)
    for (const order of ['newestFirst', 'oldestFirst'] as const) {
      const seen: string[] = [];
      for (let after: string | undefined, pages = 0; pages < 20; pages++) {
        const page = await reader().page(tenantId, { ...query, order, after, limit: 3 });
        seen.push(...page.entries.map(({ id }) => id));
        if (page.further === undefined) break;
        expect(isPlace(page.further)).toBe(true);
        after = page.further;
      }
      const sorted = seen.toSorted();
      expect(seen).toEqual(order === 'oldestFirst' ? sorted : sorted.toReversed());
      expect(new Set(seen).size).toBe(10);
    }
});

test('the beginning of an id finds every reset that begins so', async () => {
  const others = [`${FLOW.slice(0, 8)}-ffff-4000-8000-000000000000`, `4d33${newId().slice(4)}`];
  for (const flowId of [FLOW, FLOW, ...others, '4d32ffff-0000-4000-8000-000000000000'])
    await write(1, { flowId });
  await write(1, { flowId: FLOW, tenantId: newId() });
  const found = (beginning: string, limit = 9) => reader().flowsBeginning(tenantId, beginning, limit);
  expect(await found('4d33385a')).toEqual([FLOW, others[0]]);
  expect(await found('4d33')).toHaveLength(3);
  expect(await found('4d33', 2)).toHaveLength(2);
  expect(await found(FLOW)).toEqual([FLOW]);
  expect(await found('00000000')).toEqual([]);
});

test('people are found by what they type, and named; who was deleted is found by id', async () => {
  const people = peopleStore(opened.database);
  const { id } = await people.provision(tenantId, ANNA, 1);
  for (const name of ['Anna.Berg@corp.example.com', ' CORP\\aberg', id.toUpperCase()])
    expect(await reader().peopleNamed(tenantId, name)).toEqual([id]);
  expect(await reader().peopleNamed(tenantId, 'nobody')).toEqual([]);
  await write(1, { personId: id, actorId: id });
  const named = async () => (await reader().page(tenantId, { order: 'newestFirst', limit: 1 })).entries[0];
  const userName = 'anna.berg@corp.example.com';
  expect(await named()).toMatchObject({ personName: userName, actorName: userName, actorKind: 'person' });
  await people.remove(tenantId, id, [ANNA.forest], 2);
  expect(await named()).toMatchObject({ personId: id, personName: null, actorName: null, actorKind: null });
  expect(await times({ people: await reader().peopleNamed(tenantId, id) })).toEqual([1]);
});
