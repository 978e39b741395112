import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** For tests: a SCIM service provider on loopback that keeps people in memory and does Bulk as the cloud does. */
export type ScimServer = {
  url: string;
  /** what it holds, by id */
  people: Map<string, ScimUser>;
  groups: Map<string, ScimUser>;
  requests: {
    authorization: string | undefined;
    contentType: string | undefined;
    operations: BulkOperation[];
  }[];
  /** answers that come before the next ones are served: a status and headers, or `hang up` */
  before: ({ status: number; headers?: Record<string, string>; body?: string } | 'hang up')[];
  /** how many more bulk requests are carried out; those after them are left waiting */
  serves: number;
  /** carries out the next requests and hangs up instead of answering */
  loseAnswers: number;
  /** a reason to refuse this operation, if any */
  refuse: (operation: BulkOperation) => { status: string; detail: string; scimType?: string } | undefined;
  close: () => Promise<void>;
};

export type ScimUser = { externalId: string; userName: string; active: boolean } & Record<string, unknown>;
export type BulkOperation = { method: string; path: string; bulkId?: string; data?: ScimUser };

export async function startScimServer(): Promise<ScimServer> {
  const http = createServer((request, response) => {
    serve(server, request, response).catch((error: unknown) => {
      // Whoever is killed while it sends leaves half a request.
      if (request.complete) throw error;
    });
  });
  // Else a process that was not scheduled for five seconds closes what its other end is just using.
  http.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: ScimServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    people: new Map(),
    groups: new Map(),
    requests: [],
    before: [],
    serves: Number.POSITIVE_INFINITY,
    loseAnswers: 0,
    refuse: () => undefined,
    close: () =>
      new Promise((resolve) => {
        http.closeAllConnections();
        http.close(() => resolve());
      }),
  };
  return server;
}

async function serve(server: ScimServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const before = server.before.shift();
  if (before === 'hang up') return void request.socket.destroy();
  if (before !== undefined) return void response.writeHead(before.status, before.headers).end(before.body);
  const url = new URL(request.url ?? '', server.url);
  const listed = { '/scim/v2/Users': server.people, '/scim/v2/Groups': server.groups }[url.pathname];
  if (request.method === 'GET' && listed !== undefined)
    return void response.end(JSON.stringify(page(listed, url.searchParams.get('cursor') ?? '')));
  if (request.url !== '/scim/v2/Bulk') return void response.writeHead(404).end();
  if (server.serves === 0) return;
  server.serves--;
  const { Operations: operations } = JSON.parse(Buffer.concat(chunks).toString()) as {
    Operations: BulkOperation[];
  };
  const { authorization, 'content-type': contentType } = request.headers;
  server.requests.push({ authorization, contentType, operations });
  const answers = operations.map((operation) => carryOut(server, operation));
  if (server.loseAnswers > 0) {
    server.loseAnswers--;
    return void request.socket.destroy();
  }
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:BulkResponse'];
  response.writeHead(200, { 'content-type': 'application/scim+json' });
  response.end(JSON.stringify({ schemas, Operations: answers }));
}

/** Three to a page, so that tests turn pages. */
function page(held: ReadonlyMap<string, ScimUser>, cursor: string) {
  const ids = [...held.keys()].sort().filter((id) => id > cursor);
  const Resources = ids.slice(0, 3).map((id) => ({ id, ...held.get(id) }));
  return { totalResults: held.size, ...(ids.length > 3 && { nextCursor: ids[2] }), Resources };
}

function carryOut(server: ScimServer, operation: BulkOperation): unknown {
  const { method, path, bulkId, data } = operation;
  const named = path.split('/')[2];
  const answer = (status: string, id = named, detail?: { detail: string; scimType?: string }) => ({
    method,
    ...(bulkId !== undefined && { bulkId }),
    ...(id !== undefined && { location: `${server.url}/scim/v2/${path.split('/')[1]}/${id}` }),
    status,
    ...(detail && {
      response: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status, ...detail },
    }),
  });
  const refused = server.refuse(operation);
  if (refused) return answer(refused.status, named, refused);
  const holderOf = (userName: string) =>
    [...server.people].find(([, person]) => person.userName.toLowerCase() === userName.toLowerCase())?.[0];
  const taken = { detail: 'userName is taken', scimType: 'uniqueness' };
  if (method === 'POST' && data !== undefined) {
    const held = path === '/Users' ? server.people : server.groups;
    const known = [...held].find(([, object]) => object.externalId === data.externalId)?.[0];
    const holder = path === '/Users' ? holderOf(data.userName) : undefined;
    if (holder !== undefined && holder !== known) return answer('409', undefined, taken);
    const id = known ?? randomUUID();
    held.set(id, data);
    return answer(known === undefined ? '201' : '200', id);
  }
  const held = path.startsWith('/Users/') ? server.people : server.groups;
  if (named === undefined || !held.has(named)) return answer('404', named, { detail: 'not found' });
  if (method === 'DELETE') {
    held.delete(named);
    return answer('204');
  }
  const holder = data?.userName && holderOf(data.userName);
  if (data === undefined || (holder !== undefined && holder !== named)) return answer('409', named, taken);
  held.set(named, data);
  return answer('200');
}
