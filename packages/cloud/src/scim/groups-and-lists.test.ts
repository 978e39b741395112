import { expect, test } from 'vitest';
import { groupsStore } from '../people/groups-store.ts';
import { ANNA, FOREST, startTestCloud, type TestCloud } from '../testing/test-cloud.ts';
import { askAsAgent } from './ask-as-agent.fixture.ts';
import { SCHEMAS } from './messages.ts';

const OTHER = 'S-1-5-21-99-99-99';

type Result = { status: string; location?: string; response?: { detail: string } };
type Resource = { id: string; externalId: string; members?: { value: string }[] } & Record<string, unknown>;
type List = { totalResults: number; itemsPerPage: number; nextCursor?: string; Resources: Resource[] };

function group(externalId: string, members: string[] = [], directory: Record<string, unknown> = {}) {
  return {
    schemas: [SCHEMAS.group, SCHEMAS.directoryGroup],
    externalId,
    displayName: 'Sales, EMEA',
    members: members.map((value) => ({ value })),
    [SCHEMAS.directoryGroup]: {
      forest: FOREST,
      samAccountName: 'Sales',
      description: 'Department',
      ...directory,
    },
  };
}

function user(externalId: string, forest = FOREST) {
  return {
    schemas: [SCHEMAS.user, SCHEMAS.directory],
    externalId,
    userName: `${externalId.replace(/=/g, '')}@corp.example.com`,
    active: true,
    [SCHEMAS.directory]: { forest },
  };
}

async function send(cloud: TestCloud, ...Operations: unknown[]): Promise<Result[]> {
  const body = JSON.stringify({ schemas: [SCHEMAS.bulkRequest], Operations });
  const response = await askAsAgent(cloud, 'Bulk', body);
  return ((await response.json()) as { Operations: Result[] }).Operations;
}

async function get(cloud: TestCloud, path: string, token = 'agent-token') {
  const response = await askAsAgent(cloud, path, undefined, token);
  return { status: response.status, body: (await response.json()) as List & { detail?: string } };
}

const post = (path: string, data: unknown) => ({ method: 'POST', path, bulkId: 'one', data });
const idOf = (result: Result | undefined) => result?.location?.split('/').at(-1) ?? '';

test('a group is made, replaced and deleted in bulk, and audited', async () => {
  await using cloud = await startTestCloud({ people: [] });
  const [ben] = await send(cloud, post('/Users', user('YmVu')));
  const [inner] = await send(cloud, post('/Groups', group('aW5uZXI=')));
  const [made] = await send(cloud, post('/Groups', group('c2FsZXM=', [idOf(ben), idOf(inner)])));
  expect(made?.location).toBe(`http://localhost/scim/v2/Groups/${idOf(made)}`);
  const store = groupsStore(cloud.database);
  expect(await store.membersOf(idOf(made))).toEqual([idOf(ben), idOf(inner)].toSorted());
  const path = `/Groups/${idOf(made)}`;
  const results = await send(
    cloud,
    { method: 'PUT', path, data: group('c2FsZXM=', [idOf(ben)]) },
    { method: 'PUT', path, data: group('b3RoZXI=') },
    { method: 'DELETE', path },
    { method: 'DELETE', path },
    { method: 'DELETE', path: `/Users/${idOf(inner)}` },
  );
  expect(results.map(({ status }) => status)).toEqual(['200', '400', '204', '404', '404']);
  const rows = await cloud.database
    .selectFrom('audit')
    .select(['activity', 'detail'])
    .orderBy('id')
    .execute();
  expect(
    rows
      .filter(({ detail }) => detail === idOf(made))
      .map(({ activity }) => activity)
      .toSorted(),
  ).toEqual(['addGroup', 'deleteGroup', 'updateGroup']);
});

test('a group of another forest is refused, and so is what is no group', async () => {
  await using cloud = await startTestCloud({ people: [] });
  const results = await send(
    cloud,
    post('/Groups', group('YQ==', [], { forest: OTHER })),
    post('/Groups', { ...group('YQ=='), displayName: '' }),
    post('/Groups', { ...group('YQ=='), members: [{ value: 'nobody' }] }),
  );
  expect(results.map(({ status }) => status)).toEqual(['403', '400', '400']);
});

test('a token speaks for all forests of its agent, and a person may move between them', async () => {
  await using cloud = await startTestCloud({ people: [] });
  cloud.agents.tokens = async () => ({
    agentId: 'agent',
    tenantId: cloud.tenantId,
    forests: [FOREST, OTHER],
  });
  const [made] = await send(cloud, post('/Users', user('YmVu')));
  const path = `/Users/${idOf(made)}`;
  const [moved] = await send(cloud, { method: 'PUT', path, data: user('YmVu', OTHER) });
  expect(moved).toMatchObject({ status: '200', location: made?.location });
});

test('users and groups are listed as they are held, of the caller’s forests only', async () => {
  await using cloud = await startTestCloud({ people: [ANNA, { ...ANNA, forest: OTHER }] });
  const { body } = await get(cloud, 'Users');
  expect(body).toMatchObject({ schemas: [SCHEMAS.list], totalResults: 1, itemsPerPage: 1, startIndex: 1 });
  expect(body.Resources[0]).toMatchObject({
    schemas: [SCHEMAS.user, SCHEMAS.directory],
    externalId: ANNA.externalId,
    userName: ANNA.userName,
    displayName: ANNA.displayName,
    name: { givenName: 'Anna', familyName: 'Berg' },
    emails: [{ value: ANNA.mail, type: 'work', primary: true }],
    active: true,
    meta: { resourceType: 'User' },
    [SCHEMAS.directory]: { forest: FOREST, samAccountName: 'aberg', objectGuid: ANNA.objectGuid },
  });
  const anna = body.Resources[0]?.id ?? '';
  await send(cloud, post('/Groups', group('c2FsZXM=', [anna])));
  const groups = await get(cloud, 'Groups');
  expect(groups.body.Resources).toMatchObject([{ displayName: 'Sales, EMEA', members: [{ value: anna }] }]);
  const bare = await get(cloud, 'Groups?excludedAttributes=members');
  expect(bare.body.Resources[0]).not.toHaveProperty('members');
});

test('a listing goes on by index, by cursor, or looks one up by externalId', async () => {
  const people = ['YQ==', 'Yg==', 'Yw=='].map((externalId) => ({ ...ANNA, externalId }));
  await using cloud = await startTestCloud({ people });
  const all = (await get(cloud, 'Users')).body.Resources.map(({ id }) => id);
  expect((await get(cloud, 'Users?startIndex=2&count=1')).body.Resources.map(({ id }) => id)).toEqual([
    all[1],
  ]);
  const seen: string[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const { body }: { body: List } = await get(cloud, `Users?count=2&cursor=${cursor}`);
    seen.push(...body.Resources.map(({ id }) => id));
    cursor = body.nextCursor;
  }
  expect(seen).toEqual(all);
  const named = await get(cloud, `Users?filter=${encodeURIComponent('externalId eq "Yg=="')}`);
  expect(named.body).toMatchObject({ totalResults: 1, Resources: [{ externalId: 'Yg==' }] });
  expect((await get(cloud, 'Users?count=0')).body).toMatchObject({ totalResults: 3, Resources: [] });
});

test('another filter, a foreign cursor and a stranger are refused', async () => {
  await using cloud = await startTestCloud();
  const filter = encodeURIComponent('userName co "a"');
  expect(await get(cloud, `Users?filter=${filter}`)).toMatchObject({
    status: 400,
    body: { scimType: 'invalidFilter' },
  });
  expect((await get(cloud, 'Groups?cursor=1')).status).toBe(400);
  expect((await get(cloud, 'Users', 'stolen')).status).toBe(401);
  expect((await get(cloud, 'Groups', 'stolen')).status).toBe(401);
});

test('provisioning writes nothing but people, groups and the audit: no account of the cloud’s own, no role', async () => {
  await using cloud = await startTestCloud({ people: [], background: false });
  const written = new Set<string>();
  cloud.onQuery = ({ query }) => {
    const table = /^(?:insert into|update|delete from) "(\w+)"/i.exec(query.sql)?.[1];
    if (table !== undefined) written.add(table);
  };
  const [made] = await send(cloud, post('/Users', user('YmVu')));
  const [sales] = await send(cloud, post('/Groups', group('c2FsZXM=', [idOf(made)])));
  await send(
    cloud,
    { method: 'PUT', path: `/Users/${idOf(made)}`, data: { ...user('YmVu'), displayName: 'Ben' } },
    { method: 'PUT', path: `/Groups/${idOf(sales)}`, data: group('c2FsZXM=') },
    { method: 'DELETE', path: `/Users/${idOf(made)}` },
    { method: 'DELETE', path: `/Groups/${idOf(sales)}` },
  );
  expect([...written].toSorted()).toEqual([
    'audit',
    'directory_group',
    'group_member',
    'person',
    'person_name',
    'removed_person',
  ]);
});
