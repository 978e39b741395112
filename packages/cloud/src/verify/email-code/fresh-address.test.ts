import { expect, test } from 'vitest';
import { peopleStore } from '../../people/people-store.ts';
import type { DirectoryPerson } from '../../people/person.ts';
import { ANNA_UPN, askCode, codesMade, newBrowser, withoutIds } from '../../testing/reset-steps.ts';
import { ANNA, startTestCloud, type TestCloud } from '../../testing/test-cloud.ts';

const DAY = 86_400_000;
const CHANGED: DirectoryPerson = { ...ANNA, mail: 'other@example.com' };

const startWith = (freshAddresses: 'accept' | 'refuse') =>
  startTestCloud({ config: { tenant: { name: 'Example Corporation', freshAddresses } } });

const provision = ({ database, tenantId, clock }: TestCloud, person = CHANGED) =>
  peopleStore(database).provision(tenantId, person, clock.now);

const audited = async ({ database }: TestCloud) => {
  const rows = await database
    .selectFrom('audit')
    .select(['activity', 'result', 'personId'])
    .where('activity', '=', 'resetBlocked')
    .execute();
  return rows.map(({ activity, result, personId }) => ({ activity, result, known: personId !== null }));
};

test('by default an address that changed a moment ago gets a code', async () => {
  await using cloud = await startWith('accept');
  await provision(cloud);
  await askCode(cloud);
  expect(cloud.mail.taken.at(-1)?.to).toBe('other@example.com');
});

test('where fresh addresses are refused one that changed gets no code for a day, and the audit log says why', async () => {
  await using cloud = await startWith('refuse');
  cloud.clock.now += DAY;
  await provision(cloud);
  cloud.clock.now += DAY - 1;
  await newBrowser(cloud).post('/reset', { userId: ANNA_UPN });
  await codesMade(cloud);
  expect(cloud.mail.taken).toEqual([]);
  expect(await audited(cloud)).toEqual([{ activity: 'resetBlocked', result: 'addressTooNew', known: true }]);
  cloud.clock.now += 1;
  await askCode(cloud);
  expect(cloud.mail.taken.at(-1)?.to).toBe('other@example.com');
});

test('an address that was taken away and given back is as fresh; other changes do not make it so', async () => {
  await using cloud = await startWith('refuse');
  await provision(cloud, { ...ANNA, displayName: 'Anna Berg-Lund', mail: 'Anna.Berg@example.com' });
  await askCode(cloud);
  await provision(cloud, { ...ANNA, mail: null });
  await provision(cloud, ANNA);
  await newBrowser(cloud).post('/reset', { userId: ANNA_UPN });
  await codesMade(cloud);
  expect(cloud.mail.taken).toHaveLength(1);
});

test('a person who is deleted and made anew has an address that is as fresh as before', async () => {
  await using cloud = await startWith('refuse');
  const people = peopleStore(cloud.database);
  const { id } = await provision(cloud);
  await people.remove(cloud.tenantId, id, [ANNA.forest], cloud.clock.now);
  await provision(cloud);
  await newBrowser(cloud).post('/reset', { userId: ANNA_UPN });
  await codesMade(cloud);
  expect(cloud.mail.taken).toEqual([]);
  await people.remove(cloud.tenantId, (await provision(cloud)).id, [ANNA.forest], cloud.clock.now);
  await provision(cloud, { ...ANNA, mail: 'third@example.com' });
  await newBrowser(cloud).post('/reset', { userId: ANNA_UPN });
  await codesMade(cloud);
  expect(cloud.mail.taken).toEqual([]);
});

test('whoever asks sees the same for a fresh address and for nobody, and reads what may be the reason', async () => {
  await using cloud = await startWith('refuse');
  await provision(cloud);
  const pages = await Promise.all(
    [ANNA_UPN, 'nobody.here@corp.example.com'].map(async (userId) => {
      const browser = newBrowser(cloud);
      const { html } = await browser.post('/reset', { userId });
      await codesMade(cloud);
      const wrong = await browser.post('/reset/code', { code: '000000' });
      return [html, wrong.html].map(withoutIds);
    }),
  );
  expect(pages[1]).toEqual(pages[0]);
  expect(pages[0]?.[0]).toContain('address was changed in the last 24 hours');
  await using usual = await startWith('accept');
  const { html } = await newBrowser(usual).post('/reset', { userId: ANNA_UPN });
  expect(html).not.toContain('in the last 24 hours');
});
