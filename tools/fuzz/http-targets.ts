/** What machines say to the cloud as JSON and as forms: enrolment, credentials, provisioning. */
import { fromBase64url, toBase64url } from '@homeward/protocol/bytes';
import { Secret } from '@homeward/protocol/secret';
import { provenRequests } from '../../packages/agent/src/network/proven-requests.ts';
import type { FuzzTarget, Verdict } from './fuzz-target.ts';
import { assertionOf, type FuzzedCloud } from './fuzzed-cloud.ts';
import { type Json, mutatedText } from './mutate-json.ts';

const AT_ONCE = 8;
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const DIRECTORY = 'urn:homeward:params:scim:schemas:extension:directory:2.0:User';

export async function httpTargets(cloud: FuzzedCloud): Promise<FuzzTarget[]> {
  return [enrolment(cloud), await credentials(cloud), await provisioning(cloud)];
}

function enrolment(cloud: FuzzedCloud): FuzzTarget {
  const body = cloud.agent.enrolment as unknown as Json;
  const refusals = ['request_invalid', 'proof_invalid', 'token_unknown', 'token_used', 'token_expired'];
  return {
    ...{ name: 'POST /agents/enrol', share: 0.003, refusals: new Set(refusals), atOnce: AT_ONCE },
    next(random) {
      const text = mutatedText(random, body);
      return {
        shown: () => text.slice(0, 4_000),
        offer: () => post(cloud, '/agents/enrol', text, 'application/json', ({ error }) => error),
      };
    },
  };
}

async function credentials(cloud: FuzzedCloud): Promise<FuzzTarget> {
  const [header = '', claims = '', signature = ''] = (await assertionOf(cloud.agent)).split('.');
  const decoded = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Json;
  return {
    ...{ name: 'POST /agents/token', share: 0.002, refusals: new Set(['invalid_client']), atOnce: AT_ONCE },
    next(random) {
      const encoded = (json: Json) => Buffer.from(mutatedText(random, json)).toString('base64url');
      const parts = [
        random.chance(0.5) ? encoded(decoded(header)) : header,
        random.chance(0.8) ? encoded(decoded(claims)) : claims,
        random.chance(0.3) ? toBase64url(random.bytes(random.below(80))) : signature,
      ];
      const assertion = random.chance(0.9) ? parts.join('.') : parts.slice(0, random.below(3)).join('.');
      const scope = random.pick(['relay', 'scim', '', 'admin', '__proto__']);
      const body = new URLSearchParams({ client_assertion: assertion, scope }).toString();
      const form = 'application/x-www-form-urlencoded';
      const offer = () => post(cloud, '/agents/token', body, form, ({ error }) => error);
      return { shown: () => body.slice(0, 4_000), offer };
    },
  };
}

async function provisioning(cloud: FuzzedCloud): Promise<FuzzTarget> {
  const token = new Secret(await cloud.credential('scim'));
  const { identity, enrolment } = cloud.agent;
  const key = { privateKey: identity.privateKey, publicKey: fromBase64url(enrolment.identityKey) };
  const { authorize } = provenRequests(
    { get: async () => token, discard() {} },
    { keys: { all: [{ identity: key }] }, now: Date.now },
  );
  const user = {
    ...{
      schemas: [USER, DIRECTORY],
      externalId: 'YmVu',
      userName: 'ben.cole@corp.example.com',
      active: true,
    },
    ...{ displayName: 'Ben Cole', name: { givenName: 'Ben', familyName: 'Cole' } },
    emails: [{ value: 'ben.cole@example.com', type: 'work', primary: true }],
    [DIRECTORY]: { forest: 'S-1-5-21-10-20-30', domain: 'corp.example.com', samAccountName: 'bcole' },
  };
  const path = '/Users/00000000-0000-4000-8000-000000000001';
  const body: Json = {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    Operations: [
      { method: 'POST', path: '/Users', bulkId: 'one', data: user },
      { method: 'PUT', path, data: user },
      { method: 'DELETE', path },
    ],
  };
  const bulk = '/scim/v2/Bulk';
  return {
    ...{ name: 'POST /scim/v2/Bulk', share: 0.003, atOnce: AT_ONCE },
    refusals: new Set([
      '400',
      '404',
      '409',
      '413',
      ...['invalidSyntax', 'invalidValue', 'uniqueness', 'mutability'],
    ]),
    next(random) {
      const text = mutatedText(random, body);
      const nameOf = (answer: Answer) => answer.scimType ?? answer.status ?? firstRefusal(answer.Operations);
      const offer = async () => {
        const who = await authorize('POST', `${cloud.url}${bulk}`);
        return post(cloud, bulk, text, 'application/scim+json', nameOf, who);
      };
      return { shown: () => text.slice(0, 4_000), offer };
    },
  };
}

type Answer = {
  error?: string;
  status?: string;
  scimType?: string;
  Operations?: { status: string; response?: { scimType?: string } }[];
};

function firstRefusal(operations: Answer['Operations'] = []): string | undefined {
  const refused = operations.find(({ response }) => response !== undefined);
  return refused?.response?.scimType ?? refused?.status;
}

/** @throws {Error} on an answer without a name, a fault of the server's own, or none */
async function post(
  cloud: FuzzedCloud,
  path: string,
  body: string,
  type: string,
  nameOf: (answer: Answer) => string | undefined,
  more: Record<string, string> = {},
): Promise<Verdict> {
  let response: Response;
  try {
    response = await fetch(`${cloud.url}${path}`, {
      method: 'POST',
      body,
      // Of its own: a kept one may have been ended while this process was busy with other readers.
      headers: { 'content-type': type, connection: 'close', ...more },
    });
  } catch (cause) {
    throw new Error(cloud.ended() ?? 'no answer', { cause });
  }
  const text = await response.text();
  if (response.status >= 500) throw new Error(`answered ${response.status}: ${text.slice(0, 300)}`);
  const name = nameOf(JSON.parse(text) as Answer);
  if (response.ok && name === undefined) return 'read';
  if (name === undefined)
    throw new Error(`answered ${response.status} without a name: ${text.slice(0, 300)}`);
  return { refused: name };
}
