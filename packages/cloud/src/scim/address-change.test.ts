import { expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { FOREST, startTestCloud, type TestCloud } from '../testing/test-cloud.ts';
import { askAsAgent } from './ask-as-agent.fixture.ts';
import { SCHEMAS } from './messages.ts';

const OLD = 'ben.cole@example.com';

function user(mail: string | null, changes: Record<string, unknown> = {}) {
  return {
    schemas: [SCHEMAS.user, SCHEMAS.directory],
    ...{ externalId: 'YmVu', userName: 'ben.cole@corp.example.com', displayName: 'Ben Cole', active: true },
    ...(mail !== null && { emails: [{ value: mail, primary: true }] }),
    [SCHEMAS.directory]: { forest: FOREST, samAccountName: 'bcole' },
    ...changes,
  };
}

async function apply(cloud: TestCloud, method: 'POST' | 'PUT' | 'DELETE', path: string, data?: unknown) {
  const one = { method, path, bulkId: 'one', ...(data !== undefined && { data }) };
  const body = JSON.stringify({ schemas: [SCHEMAS.bulkRequest], Operations: [one] });
  const response = await askAsAgent(cloud, 'Bulk', body);
  const { Operations } = (await response.json()) as { Operations: { status: string; location?: string }[] };
  expect(Operations[0]?.status).toMatch(/^20[014]$/);
  return `/Users/${Operations[0]?.location?.split('/').at(-1)}`;
}

const start = () => startTestCloud({ people: [], background: false });

const queued = ({ database }: TestCloud) =>
  database
    .selectFrom('mailOutbox')
    .select(['kind', 'toAddress'])
    .where('kind', '=', 'addressChanged')
    .orderBy('happenedAt')
    .execute();

const told = async (cloud: TestCloud) => (await queued(cloud)).map(({ toAddress }) => toAddress);

const audited = ({ database }: TestCloud) =>
  database
    .selectFrom('audit')
    .select(['activity', 'personId', 'actorId'])
    .where('result', '=', 'addressChanged')
    .execute();

test('who is provisioned first, or again with the same address, is not told', async () => {
  await using cloud = await start();
  const path = await apply(cloud, 'POST', '/Users', user(OLD));
  await apply(cloud, 'POST', '/Users', user(OLD, { displayName: 'Benjamin Cole' }));
  await apply(cloud, 'PUT', path, user('Ben.Cole@Example.com'));
  expect(await queued(cloud)).toEqual([]);
  expect(await audited(cloud)).toEqual([]);
});

test.each(['PUT', 'POST'] as const)(
  'an address that changes by %s is told to the old one, once',
  async (method) => {
    await using cloud = await start();
    const made = await apply(cloud, 'POST', '/Users', user(OLD));
    const path = method === 'PUT' ? made : '/Users';
    cloud.clock.now += 60_000;
    await apply(cloud, method, path, user('other@example.com'));
    await apply(cloud, method, path, user('other@example.com', { displayName: 'Benjamin Cole' }));
    expect(await told(cloud)).toEqual([OLD]);
    expect(await audited(cloud)).toEqual([
      { activity: 'updateUser', personId: made.split('/').at(-1), actorId: 'agent' },
    ]);
  },
);

test('an address that is taken away is told, too, and one that comes to an empty one cannot be', async () => {
  await using cloud = await start();
  const path = await apply(cloud, 'POST', '/Users', user(OLD));
  await apply(cloud, 'PUT', path, user(null));
  await apply(cloud, 'PUT', path, user('other@example.com'));
  expect(await told(cloud)).toEqual([OLD]);
  expect(await audited(cloud)).toHaveLength(2);
});

test('a person who is deleted and made anew with another address has changed it', async () => {
  await using cloud = await start();
  const first = await apply(cloud, 'POST', '/Users', user(OLD));
  await apply(cloud, 'DELETE', first);
  expect(await told(cloud)).toEqual([]);
  cloud.clock.now += 29 * 86_400_000;
  const second = await apply(cloud, 'POST', '/Users', user('other@example.com'));
  expect(second).not.toBe(first);
  expect(await told(cloud)).toEqual([OLD]);
  await apply(cloud, 'DELETE', second);
  await apply(cloud, 'POST', '/Users', user('other@example.com'));
  expect(await told(cloud)).toEqual([OLD]);
});

test('what is kept of a person who was deleted is gone after 30 days', async () => {
  await using cloud = await start();
  await apply(cloud, 'DELETE', await apply(cloud, 'POST', '/Users', user(OLD)));
  cloud.clock.now += 30 * 86_400_000;
  const other = await apply(cloud, 'POST', '/Users', user('x@example.com', { externalId: 'eA==' }));
  await apply(cloud, 'DELETE', other);
  const kept = await cloud.database.selectFrom('removedPerson').select('mail').execute();
  expect(kept).toEqual([{ mail: 'x@example.com' }]);
  await apply(cloud, 'POST', '/Users', user('other@example.com'));
  expect(await told(cloud)).toEqual([]);
});

test('the mail goes to the old address and says what it means, without the new one', async () => {
  await using cloud = await startTestCloud({ people: [] });
  const path = await apply(cloud, 'POST', '/Users', user(OLD));
  await apply(cloud, 'PUT', path, user('other@example.com'));
  await apply(cloud, 'DELETE', path);
  await cloud.restart();
  const mail = await cloud.mail.nth(1);
  expect(mail.to).toBe(OLD);
  expect(mail.subject).toBe('Your address for password resets was changed');
  expect(mail.text).toContain('codes to reset your password are no longer sent to this address');
  expect(mail.text).toContain('If it should not have changed, contact your help desk at once');
  expect(mail.text).not.toContain('other@example.com');
  const { database } = cloud;
  await eventually(() => database.selectFrom('mailOutbox').select('id').execute()).toEqual([]);
  expect(cloud.mail.taken).toHaveLength(1);
});
