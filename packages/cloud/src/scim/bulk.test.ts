import { expect, test } from 'vitest';
import { peopleStore } from '../people/people-store.ts';
import { FOREST, startTestCloud, type TestCloud } from '../testing/test-cloud.ts';
import { askAsAgent } from './ask-as-agent.fixture.ts';
import { SCHEMAS } from './messages.ts';

type Result = {
  method: string;
  bulkId?: string;
  status: string;
  location?: string;
  response?: { detail: string };
};

function user(changes: Record<string, unknown> = {}, directory: Record<string, unknown> = {}) {
  return {
    schemas: [SCHEMAS.user, SCHEMAS.directory],
    externalId: 'YmVu',
    userName: 'ben.cole@corp.example.com',
    displayName: 'Ben Cole',
    name: { givenName: 'Ben', familyName: 'Cole' },
    emails: [{ value: 'ben.cole@example.com', type: 'work', primary: true }],
    active: true,
    [SCHEMAS.directory]: {
      forest: FOREST,
      domain: 'corp.example.com',
      netbiosName: 'CORP',
      samAccountName: 'bcole',
      objectGuid: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
      ...directory,
    },
    ...changes,
  };
}

const create = (data: unknown, bulkId = 'one') => ({ method: 'POST', path: '/Users', bulkId, data });

async function bulk(cloud: TestCloud, body: unknown, token = 'agent-token') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await askAsAgent(cloud, 'Bulk', text, token);
  return { status: response.status, body: JSON.parse(await response.text()), headers: response.headers };
}

async function apply(cloud: TestCloud, ...Operations: unknown[]): Promise<Result[]> {
  const { status, body } = await bulk(cloud, { schemas: [SCHEMAS.bulkRequest], Operations });
  expect(status).toBe(200);
  expect(body.schemas).toEqual([SCHEMAS.bulkResponse]);
  return body.Operations;
}

const idOf = (result: Result | undefined) => result?.location?.split('/').at(-1) ?? '';

test('a user is made, and made again without a second one', async () => {
  await using cloud = await startTestCloud({ people: [] });
  const [made] = await apply(cloud, create(user()));
  expect(made).toMatchObject({ method: 'POST', bulkId: 'one', status: '201' });
  expect(made?.location).toBe(`http://localhost/scim/v2/Users/${idOf(made)}`);
  const [again] = await apply(cloud, create(user({ displayName: 'Benjamin Cole' }), 'two'));
  expect(again).toEqual({ method: 'POST', bulkId: 'two', status: '200', location: made?.location });
  expect(await peopleStore(cloud.database).byId(cloud.tenantId, idOf(made))).toMatchObject({
    forest: FOREST,
    externalId: 'YmVu',
    userName: 'ben.cole@corp.example.com',
    displayName: 'Benjamin Cole',
    givenName: 'Ben',
    familyName: 'Cole',
    mail: 'ben.cole@example.com',
    active: true,
    samAccountName: 'bcole',
    netbiosName: 'CORP',
    domain: 'corp.example.com',
    objectGuid: '6f9619ff-8b86-d011-b42d-00c04fc964ff',
  });
});

test('a user is replaced and deleted by the id that was given', async () => {
  await using cloud = await startTestCloud({ people: [] });
  const [made] = await apply(cloud, create(user()));
  const path = `/Users/${idOf(made)}`;
  const [put] = await apply(cloud, { method: 'PUT', path, data: user({ active: false, emails: [] }) });
  expect(put).toEqual({ method: 'PUT', status: '200', location: made?.location });
  expect(await peopleStore(cloud.database).byId(cloud.tenantId, idOf(made))).toMatchObject({
    active: false,
    mail: null,
  });
  const results = await apply(cloud, { method: 'DELETE', path }, { method: 'DELETE', path });
  expect(results.map(({ status }) => status)).toEqual(['204', '404']);
});

test('each change is audited with the agent that made it, and no change is not', async () => {
  await using cloud = await startTestCloud({ people: [] });
  const [made] = await apply(cloud, create(user()));
  const path = `/Users/${idOf(made)}`;
  await apply(cloud, create(user()), { method: 'PUT', path, data: user({ displayName: 'B' }) });
  await apply(cloud, { method: 'DELETE', path });
  const rows = await cloud.database.selectFrom('audit').select(['activity', 'personId', 'actorId']).execute();
  expect(rows).toEqual(
    ['addUser', 'updateUser', 'deleteUser'].map((activity) => ({
      activity,
      personId: idOf(made),
      actorId: 'agent',
    })),
  );
});

test('an agent speaks for its own forests only', async () => {
  await using cloud = await startTestCloud();
  const foreign = user({}, { forest: 'S-1-5-21-99-99-99' });
  const [made] = await apply(cloud, create(user()));
  const { tokens } = cloud.agents;
  const results = await apply(cloud, create(foreign), {
    method: 'PUT',
    path: `/Users/${idOf(made)}`,
    data: foreign,
  });
  expect(results.map(({ status }) => status)).toEqual(['403', '403']);
  cloud.agents.tokens = async (token) => {
    const caller = await tokens(token);
    return caller && { ...caller, forests: ['S-1-5-21-99-99-99'] };
  };
  const path = `/Users/${idOf(made)}`;
  const others = await apply(cloud, { method: 'DELETE', path }, { method: 'PUT', path, data: foreign });
  expect(others.map(({ status }) => status)).toEqual(['404', '404']);
  expect(await peopleStore(cloud.database).byId(cloud.tenantId, idOf(made))).toBeDefined();
});

test('a broken operation is refused by itself, and its neighbours are done', async () => {
  await using cloud = await startTestCloud({ people: [] });
  const results = await apply(
    cloud,
    create(user({ userName: '' }), 'bad-name'),
    create(user({ emails: [{ value: 'not a mail' }] }), 'bad-mail'),
    create(user({}, { forest: 'nonsense' }), 'bad-forest'),
    { method: 'PATCH', path: '/Users/1', bulkId: 'bad-method' },
    { method: 'PUT', path: '/Groups/x', data: {} },
    'nonsense',
    create(user(), 'good'),
  );
  expect(results.map(({ status, bulkId }) => [bulkId, status])).toEqual([
    ['bad-name', '400'],
    ['bad-mail', '400'],
    ['bad-forest', '400'],
    ['bad-method', '400'],
    [undefined, '400'],
    [undefined, '400'],
    ['good', '201'],
  ]);
  expect(results[0]?.response).toMatchObject({
    schemas: [SCHEMAS.error],
    status: '400',
    scimType: 'invalidValue',
  });
  expect(results[1]?.response?.detail).toContain('emails.0.value');
});

test('an anchor never moves to another person', async () => {
  await using cloud = await startTestCloud({ people: [] });
  const [made] = await apply(cloud, create(user()));
  const path = `/Users/${idOf(made)}`;
  const [moved] = await apply(cloud, { method: 'PUT', path, data: user({ externalId: 'b3RoZXI=' }) });
  expect(moved).toMatchObject({ status: '400', response: { scimType: 'mutability' } });
});

test('failOnErrors stops after so many errors', async () => {
  await using cloud = await startTestCloud({ people: [] });
  const { body } = await bulk(cloud, {
    schemas: [SCHEMAS.bulkRequest],
    failOnErrors: 2,
    Operations: ['x', create(user()), 'x', create(user({ externalId: 'eA==' }))],
  });
  expect(body.Operations.map(({ status }: Result) => status)).toEqual(['400', '201', '400']);
});

test('an unknown credential is refused before anything is read', async () => {
  await using cloud = await startTestCloud();
  const answer = await bulk(cloud, 'not even json', 'stolen');
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toBe('DPoP error="invalid_token", algs="EdDSA"');
  expect(answer.headers.get('content-type')).toMatch(/^application\/scim\+json/);
  expect(answer.body).toMatchObject({ schemas: [SCHEMAS.error], status: '401' });
});

test('what is no bulk request, too many operations, or too many bytes is refused whole', async () => {
  await using cloud = await startTestCloud({ people: [] });
  const request = (Operations: unknown[]) => ({ schemas: [SCHEMAS.bulkRequest], Operations });
  expect((await bulk(cloud, '{')).body).toMatchObject({ status: '400', scimType: 'invalidSyntax' });
  expect((await bulk(cloud, { Operations: [create(user())] })).status).toBe(400);
  expect((await bulk(cloud, request(Array(1001).fill(create(user()))))).status).toBe(413);
  expect((await bulk(cloud, request([create(user({ displayName: 'x'.repeat(1_100_000) }))]))).status).toBe(
    413,
  );
  expect(await cloud.database.selectFrom('person').select('id').execute()).toEqual([]);
});

test('a fault of the cloud is a SCIM error too, and says that nothing was done', async () => {
  await using cloud = await startTestCloud({ people: [] });
  cloud.agents.tokens = async () => {
    throw new Error('a detail for operators');
  };
  const answer = await bulk(cloud, { schemas: [SCHEMAS.bulkRequest], Operations: [create(user())] });
  expect(answer.body).toMatchObject({ schemas: [SCHEMAS.error], status: '500' });
  expect(JSON.stringify(answer.body)).not.toContain('a detail');
});
