import type { ExportOperation } from '@homeward/sync';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentError } from '../errors.ts';
import { sendBulk } from './scim-client.ts';
import { type ScimServer, startScimServer } from './scim-server.fixture.ts';

let server: ScimServer;
let slept: number[];

beforeEach(async () => {
  server = await startScimServer();
  slept = [];
});
afterEach(() => server.close());

const create = (n: number): ExportOperation => ({
  kind: 'create',
  cloudObject: n,
  objectType: 'user',
  sourceAnchor: `anchor${n}`,
  refusals: 0,
  attributes: { userName: [`person${n}@corp.example.com`], active: ['true'] },
});

function send(operations: ExportOperation[], cloud: Partial<Parameters<typeof sendBulk>[0]['cloud']> = {}) {
  return sendBulk(
    {
      cloud: {
        url: server.url,
        authorize: async () => ({ authorization: 'DPoP t' }),
        fetch: globalThis.fetch,
        ...cloud,
      },
      now: () => Date.UTC(2026, 10, 21, 0, 0, 0),
      sleep: async (ms) => void slept.push(ms),
    },
    operations,
  );
}

test('waits as long as Retry-After says, in seconds or until a date', async () => {
  server.before = [
    { status: 429, headers: { 'retry-after': '7' } },
    { status: 503, headers: { 'retry-after': 'Sat, 21 Nov 2026 00:00:30 GMT' } },
    { status: 503 },
  ];
  expect(await send([create(1)])).toMatchObject([{ answer: { kind: 'accepted' } }]);
  expect(slept).toEqual([7_000, 30_000, 4_000]);
});

test('gives up a cloud that stays busy, or asks for a longer wait than a cycle is worth', async () => {
  server.before = Array.from({ length: 6 }, () => ({ status: 503 }));
  await expect(send([create(1)])).rejects.toMatchObject({ code: 'ERR_CLOUD_UNREACHABLE' });
  expect(slept).toHaveLength(5);
  server.before = [{ status: 429, headers: { 'retry-after': '86400' } }];
  await expect(send([create(1)])).rejects.toMatchObject({ code: 'ERR_CLOUD_UNREACHABLE' });
  expect(slept).toHaveLength(5);
});

test('halves a request that is too large', async () => {
  server.before = [{ status: 413 }];
  const answers = await send([create(1), create(2), create(3)]);
  expect(server.requests.map(({ operations }) => operations.length)).toEqual([2, 1]);
  expect(answers.map(({ operation }) => operation.cloudObject)).toEqual([1, 2, 3]);
});

test('one object that is too large by itself is refused, and the others are sent', async () => {
  server.before = [{ status: 413 }, { status: 413 }];
  expect(await send([create(1), create(2)])).toMatchObject([
    { operation: { cloudObject: 1 }, answer: { kind: 'refused', status: '413' } },
    { operation: { cloudObject: 2 }, answer: { kind: 'accepted' } },
  ]);
});

test('takes a fresh token once when one is refused', async () => {
  server.before = [{ status: 401 }];
  let discarded = 0;
  expect(await send([create(1)], { discard: () => void discarded++ })).toHaveLength(1);
  expect(discarded).toBe(1);
  server.before = [{ status: 401 }, { status: 401 }];
  const refused = send([create(1)], { discard: () => void discarded++ });
  await expect(refused).rejects.toMatchObject({ code: 'ERR_CREDENTIAL_REFUSED' });
});

test('names what the cloud says when it refuses the whole request, and never the token', async () => {
  server.before = [
    { status: 403, body: JSON.stringify({ detail: 'this forest belongs to another agent', status: '403' }) },
  ];
  const error = await send([create(1)], {
    authorize: async () => ({ authorization: 'DPoP very secret' }),
  }).catch((e) => e);
  expect(error).toMatchObject({ code: 'ERR_SYNC_CLOUD_REFUSED' });
  expect(error.message).toContain('this forest belongs to another agent');
  expect(JSON.stringify([error, error.message, error.stack])).not.toContain('very secret');
});

test('tells who was asked for which request, and why there is no credential', async () => {
  const asked: string[] = [];
  const authorize = async (method: string, url: string) => {
    asked.push(`${method} ${url}`);
    return { authorization: 'DPoP t', dpop: 'proof' };
  };
  await send([create(1)], { authorize });
  expect(asked).toEqual([`POST ${server.url}/scim/v2/Bulk`]);
  const refused = new AgentError('ERR_CREDENTIAL_REFUSED', 'revoked');
  await expect(send([create(1)], { authorize: () => Promise.reject(refused) })).rejects.toBe(refused);
  await expect(send([create(1)], { fetch: () => Promise.reject(refused) })).rejects.toBe(refused);
});

test('does not take a page of somebody else for an answer', async () => {
  server.before = [{ status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Sign in</h1>' }];
  await expect(send([create(1)])).rejects.toMatchObject({ code: 'ERR_SYNC_CLOUD_ANSWER' });
  server.before = [{ status: 302, headers: { location: 'http://127.0.0.1:1/' } }];
  await expect(send([create(1)])).rejects.toMatchObject({ code: 'ERR_CLOUD_UNREACHABLE' });
});

test('finds each answer its operation, in whatever order they come', async () => {
  const [made] = await send([create(1)]);
  const cloudAnchor = made?.answer.kind === 'accepted' ? made.answer.cloudAnchor : '';
  const gone = '00000000-0000-4000-8000-000000000000';
  const reversed: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    const body = (await response.json()) as { Operations: unknown[] };
    return Response.json({ ...body, Operations: body.Operations.reverse() });
  };
  const base = { objectType: 'user' as const, sourceAnchor: 'anchor1', refusals: 0 };
  const answers = await send(
    [
      { kind: 'update', cloudObject: 1, cloudAnchor, attributes: { userName: ['x@example.com'] }, ...base },
      { kind: 'delete', cloudObject: 5, cloudAnchor: gone, ...base },
      create(2),
    ],
    { fetch: reversed },
  );
  const byObject = new Map(answers.map(({ operation, answer }) => [operation.cloudObject, answer]));
  expect(byObject.get(1)).toEqual({ kind: 'accepted', cloudAnchor });
  expect(byObject.get(5)).toEqual({ kind: 'gone' });
  expect(byObject.get(2)).toMatchObject({ kind: 'accepted' });
});

test('takes a creation without a place for refused, and an answer to nothing for nothing', async () => {
  const odd: typeof fetch = async () =>
    Response.json({
      Operations: [
        { method: 'POST', bulkId: 'anchor1', status: 201 },
        {
          method: 'POST',
          bulkId: 'anchor9',
          location: 'x/00000000-0000-4000-8000-000000000000',
          status: '201',
        },
      ],
    });
  expect(await send([create(1), create(2)], { fetch: odd })).toMatchObject([
    { operation: { cloudObject: 1 }, answer: { kind: 'refused', status: '502' } },
  ]);
});

test('finds a refused operation by its place when the answer names nothing', async () => {
  const terse: typeof fetch = async () =>
    Response.json({ Operations: [{ method: 'POST', status: '400', response: { detail: 'no userName' } }] });
  expect(await send([create(1)], { fetch: terse })).toMatchObject([
    { answer: { kind: 'refused', status: '400', detail: 'no userName' } },
  ]);
});
