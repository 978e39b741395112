/** Exports to the cloud by SCIM 2.0 Bulk (RFC 7644 section 3.7). */
import { isId } from '@homeward/protocol/id';
import type { ExportAnswer, ExportOperation } from '@homeward/sync';
import { AgentError } from '../errors.ts';
import { scimGroupOf } from './scim-group.ts';
import { scimUserOf } from './scim-user.ts';
import { SyncRunError } from './sync-error.ts';

export type CloudEndpoint = {
  /** base address of the cloud, e.g. `https://reset.example.com` */
  url: string;
  /** the headers of this very request that tell who asks, and prove it */
  authorize: (method: string, url: string) => Promise<Record<string, string>>;
  /** forgets the credential, so that the next one is fresh */
  discard?: () => void;
  fetch: typeof globalThis.fetch;
};

export type ScimDeps = {
  cloud: CloudEndpoint;
  /** Unix ms */
  now: () => number;
  sleep: (ms: number) => Promise<void>;
};

/** RFC 7644 section 3.7.4: what we ask for at once, below any service provider's limit. */
export const OPERATIONS_PER_REQUEST = 100;

const ANSWER_WITHIN_MS = 60_000;
const WAITS = 5;
const LONGEST_WAIT_MS = 120_000;
const LONGEST_DETAIL = 300;
const TOO_LARGE = 'This object alone is larger than the cloud takes.';

type BulkAnswer = {
  method?: unknown;
  bulkId?: unknown;
  location?: unknown;
  status?: unknown;
  response?: { detail?: unknown; scimType?: unknown } | null;
};

/**
 * Sends up to 100 operations and gives the answers, one for each that was answered: a refused one does not stop
 * the others. Waits where the cloud asks to (429 and 503 with Retry-After, RFC 9110 section 10.2.3).
 *
 * @throws {AgentError} ERR_CLOUD_UNREACHABLE, ERR_CREDENTIAL_REFUSED
 * @throws {SyncRunError} ERR_SYNC_CLOUD_REFUSED, ERR_SYNC_CLOUD_ANSWER
 */
export async function sendBulk(
  deps: ScimDeps,
  operations: readonly ExportOperation[],
): Promise<{ operation: ExportOperation; answer: ExportAnswer }[]> {
  const response = await ask(deps, 'Bulk', JSON.stringify(bulkRequestOf(operations)));
  if (response.status === 413 && operations.length > 1) {
    const half = Math.ceil(operations.length / 2);
    return [
      ...(await sendBulk(deps, operations.slice(0, half))),
      ...(await sendBulk(deps, operations.slice(half))),
    ];
  }
  const body = await bodyOf(response);
  const [only] = operations;
  // Such as a group of very many members: it alone is refused, and nobody waits for it.
  if (response.status === 413 && only !== undefined)
    return [{ operation: only, answer: { kind: 'refused', status: '413', detail: TOO_LARGE } }];
  if (!response.ok) throw refusal(deps.cloud, response, body);
  const answers = (body as { Operations?: unknown } | undefined)?.Operations;
  if (!Array.isArray(answers))
    throw new SyncRunError(
      'ERR_SYNC_CLOUD_ANSWER',
      `${origin(deps.cloud)} answered a SCIM bulk request with something else. Check that the address is that of the cloud, and no proxy or portal answers in its place.`,
    );
  return matched(operations, answers as BulkAnswer[]);
}

/**
 * What the cloud holds of this agent's forests, page by page: RFC 7644 section 3.4.2, by cursor (RFC 9865).
 *
 * @throws as `sendBulk`
 */
export async function* listResources(
  deps: ScimDeps,
  type: 'Users' | 'Groups',
): AsyncGenerator<readonly Record<string, unknown>[]> {
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const response = await ask(deps, `${type}?cursor=${encodeURIComponent(cursor)}`);
    const body = (await bodyOf(response)) as { Resources?: unknown; nextCursor?: unknown } | undefined;
    if (!response.ok) throw refusal(deps.cloud, response, body);
    if (!Array.isArray(body?.Resources))
      throw new SyncRunError(
        'ERR_SYNC_CLOUD_ANSWER',
        `${origin(deps.cloud)} listed ${type} in a way that is not SCIM. Check that the address is that of the cloud, and no proxy or portal answers in its place.`,
      );
    yield body.Resources as Record<string, unknown>[];
    cursor = typeof body.nextCursor === 'string' ? body.nextCursor : undefined;
  }
}

function bulkRequestOf(operations: readonly ExportOperation[]): unknown {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    Operations: operations.map((operation) => {
      const path = operation.objectType === 'user' ? '/Users' : '/Groups';
      if (operation.kind === 'delete') return { method: 'DELETE', path: `${path}/${operation.cloudAnchor}` };
      const data = operation.objectType === 'user' ? scimUserOf(operation) : scimGroupOf(operation);
      return operation.kind === 'create'
        ? { method: 'POST', path, bulkId: operation.sourceAnchor, data }
        : { method: 'PUT', path: `${path}/${operation.cloudAnchor}`, data };
    }),
  };
}

/** Asks again where the cloud says to. A body makes it a POST. */
async function ask(deps: ScimDeps, path: string, body?: string): Promise<Response> {
  const { cloud, sleep } = deps;
  let renewed = false;
  for (let wait = 0; ; ) {
    const response = await askOnce(cloud, path, body);
    if (response.status === 401 && !renewed && cloud.discard !== undefined) {
      renewed = true;
      cloud.discard();
    } else if ((response.status === 429 || response.status === 503) && wait < WAITS) {
      const ms = retryAfter(response, deps.now()) ?? 1000 * 2 ** wait;
      if (ms > LONGEST_WAIT_MS) return response;
      wait++;
      await sleep(ms);
    } else {
      return response;
    }
    await response.body?.cancel();
  }
}

async function askOnce(cloud: CloudEndpoint, path: string, body: string | undefined): Promise<Response> {
  const url = new URL(`scim/v2/${path}`, cloud.url.endsWith('/') ? cloud.url : `${cloud.url}/`);
  const method = body === undefined ? 'GET' : 'POST';
  const who = await cloud.authorize(method, url.href);
  try {
    return await cloud.fetch(url, {
      method,
      headers: {
        ...who,
        ...(body !== undefined && { 'content-type': 'application/scim+json' }),
        accept: 'application/scim+json',
      },
      ...(body !== undefined && { body }),
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
  } catch (cause) {
    // From the thread that has the credential: it could not get one.
    if (cause instanceof AgentError) throw cause;
    throw new AgentError(
      'ERR_CLOUD_UNREACHABLE',
      `${origin(cloud)} does not answer. What is to be exported is kept, and sent in the next cycle.`,
      { cause },
    );
  }
}

/** Retry-After in ms from now: seconds, or a date (RFC 9110 section 10.2.3). */
function retryAfter(response: Response, now: number): number | undefined {
  const value = response.headers.get('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function refusal(cloud: CloudEndpoint, response: Response, body: unknown): Error {
  const said = detailOf(body as BulkAnswer['response']);
  const what = `${origin(cloud)} answered with HTTP ${response.status}${said === '' ? '' : `: ${said}`}`;
  if (response.status === 401)
    return new AgentError('ERR_CREDENTIAL_REFUSED', `${what}. Enrol this agent again if this stays so.`);
  if (response.status === 429 || response.status >= 500)
    return new AgentError('ERR_CLOUD_UNREACHABLE', `${what}. The next cycle tries again.`);
  return new SyncRunError('ERR_SYNC_CLOUD_REFUSED', `${what}. Nothing of this request was carried out.`);
}

/** Finds the operation of each answer: a creation by bulkId, the others by the id in their location. */
function matched(
  operations: readonly ExportOperation[],
  answers: readonly BulkAnswer[],
): { operation: ExportOperation; answer: ExportAnswer }[] {
  const open = new Map(operations.map((operation) => [keyOf(operation), operation]));
  return answers.flatMap((raw, index) => {
    const method = typeof raw.method === 'string' ? raw.method.toUpperCase() : '';
    const key = typeof raw.bulkId === 'string' ? `POST ${raw.bulkId}` : `${method} ${lastPart(raw.location)}`;
    // A refused operation may come back without a location (RFC 7644 section 3.7.3): then only its place is left.
    const isNameless = raw.bulkId === undefined && raw.location === undefined;
    const operation = open.get(key) ?? (isNameless ? samePlace(operations[index], method) : undefined);
    if (operation === undefined || !open.delete(keyOf(operation))) return [];
    return [{ operation, answer: answerOf(operation, raw) }];
  });
}

function samePlace(operation: ExportOperation | undefined, method: string): ExportOperation | undefined {
  return operation !== undefined && keyOf(operation).startsWith(`${method} `) ? operation : undefined;
}

function keyOf(operation: ExportOperation): string {
  if (operation.kind === 'create') return `POST ${operation.sourceAnchor}`;
  return `${operation.kind === 'update' ? 'PUT' : 'DELETE'} ${operation.cloudAnchor}`;
}

function answerOf(operation: ExportOperation, raw: BulkAnswer): ExportAnswer {
  const status = String(raw.status);
  if (operation.kind !== 'create' && (status === '404' || status === '410')) return { kind: 'gone' };
  if (!/^2\d\d$/.test(status)) {
    const detail = detailOf(raw.response) || `The cloud gave no reason (status ${status}).`;
    return { kind: 'refused', status, detail };
  }
  const cloudAnchor = operation.kind === 'create' ? lastPart(raw.location) : operation.cloudAnchor;
  if (!isId(cloudAnchor))
    return { kind: 'refused', status: '502', detail: 'The cloud created the object and did not say where.' };
  return { kind: 'accepted', cloudAnchor };
}

function lastPart(location: unknown): string {
  return typeof location === 'string' ? location.slice(location.lastIndexOf('/') + 1) : '';
}

function detailOf(error: BulkAnswer['response']): string {
  const parts = [error?.scimType, error?.detail].filter((part) => typeof part === 'string' && part !== '');
  return parts.join(': ').slice(0, LONGEST_DETAIL);
}

function origin(cloud: CloudEndpoint): string {
  return new URL(cloud.url).origin;
}
