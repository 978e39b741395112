import { newId } from '@homeward/protocol/id';
import { CompiledQuery } from 'kysely';
import { expect, test } from 'vitest';
import { migrate } from '../store/migrate.ts';
import { openSqlite } from '../store/sqlite.ts';
import { auditLog } from './audit-log.ts';
import { type AuditQuery, auditReader } from './audit-reader.ts';

const tenantId = newId();
const [anna, flow] = [newId(), newId()];
const newest = { order: 'newestFirst', limit: 3 } as const;

const LOOK_UPS: Record<string, [Partial<AuditQuery>, string[]]> = {
  everything: [{}, ['audit_by_time']],
  'a time': [{ since: 1, after: `2_${newId()}` }, ['audit_by_time']],
  'a reset': [{ flows: [flow] }, ['audit_by_flow']],
  'several resets': [{ flows: [flow, newId(), newId(), newId()] }, ['audit_by_flow']],
  'a reset of a person': [{ flows: [flow, newId()], people: [anna] }, ['audit_by_flow']],
  activities: [{ activities: ['resetPassword', 'resetBlocked'] }, ['audit_by_activity']],
  'several people': [{ people: [anna, newId(), newId()] }, ['audit_by_person']],
  'a person': [{ people: [anna] }, ['audit_by_person', 'audit_by_actor', 'audit_by_flow']],
};

test.each(Object.keys(LOOK_UPS))('the look-up by %s walks through no more than it shows', async (name) => {
  const [query, indexes] = LOOK_UPS[name] ?? [{}, []];
  const asked: CompiledQuery[] = [];
  const { database } = openSqlite(':memory:', {
    log: (event) => void asked.push(event.query as CompiledQuery),
  });
  await migrate(database, () => 0);
  await auditLog(database).append({
    ...{ tenantId, at: 1, activity: 'resetPassword', result: 'applied', flowId: flow, personId: anna },
  });
  asked.length = 0;
  expect((await auditReader(database).page(tenantId, { ...newest, ...query })).entries.length).toBe(1);
  const plans = await Promise.all(
    asked.splice(0).map(async ({ sql, parameters }) => {
      const explained = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]);
      const { rows } = await database.executeQuery<{ detail: string }>(explained);
      return rows.map(({ detail }) => detail).join('\n');
    }),
  );
  const plan = plans.join('\n');
  for (const index of indexes) expect(plan).toContain(index);
  // In the order of that index, it ends where the page is full.
  expect(plan).not.toMatch(/SCAN (?!audit USING INDEX audit_by_time)/);
  expect(plan).not.toContain(indexes.includes('audit_by_time') ? 'B-TREE' : 'audit_by_time');
  await database.destroy();
});
