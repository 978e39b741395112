/**
 * Device authorization (RFC 8628): a machine without a browser shows a code, an administrator types it in the portal
 * and approves. The device code is bound to the key that asked for it; the agent is made when the machine fetches
 * the answer, so that one who gave up leaves none behind.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { fromBase64url, toBase64url } from '@homeward/protocol/bytes';
import {
  type DeviceAuthorization,
  type DeviceEnrolmentRequest,
  type DevicePollRefusal,
  type EnrolmentAnswer,
  type EnrolmentRefusalCode,
  identityFingerprint,
  USER_CODE_LETTERS,
} from '@homeward/protocol/enrolment';
import { newId } from '@homeward/protocol/id';
import { addressGroup } from '../http/client-address.ts';
import type { Database } from '../store/database.ts';
import type { ThrottleStore } from '../verify/throttle/throttle-store.ts';
import { record } from './admit-agent.ts';
import { type AssertionDeps, verifyAssertion } from './agent-assertion.ts';
import { importIdentity } from './agent-registry.ts';
import { answerFor, type EnrolDeps, insertAgent, knownByKey, readDeviceEnrolment } from './enrol-agent.ts';

export type DeviceDeps = EnrolDeps &
  AssertionDeps & {
    throttle: ThrottleStore;
    /** this cloud takes tokens alone */
    requireToken: boolean;
  };

export type DeviceAuthorizationTable = {
  id: string;
  tenantId: string;
  deviceCodeHmac: string;
  userCodeHmac: string;
  identityKey: string;
  /** JSON: DeviceEnrolmentRequest; it has the package key in it, so it is emptied when it is decided */
  requestSealed: string;
  clientAddress: string;
  state: 'waiting' | 'approved' | 'denied' | 'done';
  wrongEntries: number;
  /** ms between polls */
  pollInterval: number;
  polledAt: number;
  decidedBy: string | null;
  agentId: string | null;
  createdAt: number;
  expiresAt: number;
};

export const CODE_LIFETIME = 10 * 60_000;
const POLL_INTERVAL = 5_000;

export type Begun =
  | { kind: 'begun'; answer: DeviceAuthorization }
  | { kind: 'refused'; error: EnrolmentRefusalCode };

/** `POST /agents/device` */
export async function beginDeviceAuthorization(
  deps: DeviceDeps,
  body: unknown,
  clientAddress: string,
): Promise<Begun> {
  const { database, secrets, clock, tenant, issuer, throttle } = deps;
  if (deps.requireToken) return { kind: 'refused', error: 'token_required' };
  const now = clock();
  const addressKey = secrets.hmac('throttle-key', 'address', addressGroup(clientAddress));
  if ((await throttle.take('deviceCodesFromAddress', addressKey, now)) !== undefined)
    return { kind: 'refused', error: 'too_many_requests' };
  const read = await readDeviceEnrolment(body);
  if (read.kind === 'refused') return read;
  const known = await knownByKey(database, read.request.identityKey);
  if (known?.status === 'revoked') return { kind: 'refused', error: 'keys_revoked' };
  const id = newId();
  const deviceCode = toBase64url(new Uint8Array(randomBytes(32)));
  const userCode = makeUserCode();
  await database
    .insertInto('deviceAuthorization')
    .values({
      id,
      tenantId: tenant.id,
      deviceCodeHmac: secrets.hmac('device-code', deviceCode),
      userCodeHmac: secrets.hmac('user-code', userCode),
      identityKey: read.request.identityKey,
      requestSealed: secrets.seal('device-enrolment', id, Buffer.from(JSON.stringify(read.request), 'utf8')),
      clientAddress,
      ...{ state: 'waiting', wrongEntries: 0, decidedBy: null, agentId: null },
      ...{ pollInterval: POLL_INTERVAL, polledAt: 0 },
      ...{ createdAt: now, expiresAt: now + CODE_LIFETIME },
    })
    .execute();
  deps.log.info({ deviceAuthorization: id, clientAddress }, 'a machine asks to be an agent');
  return {
    kind: 'begun',
    answer: {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: `${issuer}/admin/approve`,
      expires_in: CODE_LIFETIME / 1_000,
      interval: POLL_INTERVAL / 1_000,
      issuer,
    },
  };
}

export type Polled =
  | { kind: 'enrolled'; answer: EnrolmentAnswer }
  | ({ kind: 'refused' } & DevicePollRefusal);

/**
 * `POST /agents/device/token`, signed by the key that asked: subject is its fingerprint, audience
 * `<issuer>/agents/device/token`. A lost answer is given again as long as the code lives.
 */
export async function pollDeviceAuthorization(
  deps: DeviceDeps,
  deviceCode: string,
  assertion: string,
): Promise<Polled> {
  const { database, secrets, clock, issuer } = deps;
  const row = await database
    .selectFrom('deviceAuthorization')
    .selectAll()
    .where('deviceCodeHmac', '=', secrets.hmac('device-code', deviceCode))
    .executeTakeFirst();
  if (row === undefined)
    return refused(
      'expired_token',
      'this code is unknown, or over for some time; run the command again for a new one',
    );
  const expected = {
    subject: await identityFingerprint(fromBase64url(row.identityKey)),
    keys: [{ identity: await importIdentity(row.identityKey) }],
    audience: `${issuer}/agents/device/token`,
  };
  const asserted = await verifyAssertion(deps, assertion, expected);
  if (asserted.kind === 'refused') return refused('invalid_client', asserted.description);

  const now = clock();
  if (row.expiresAt <= now)
    return refused('expired_token', 'nobody approved the code in time; run the command again for a new one');
  if (row.state === 'denied') return refused('access_denied', 'an administrator refused this machine');
  if (row.state === 'done' && row.agentId !== null) return enrolledAs(deps, row.agentId);
  if (await tooSoon(database, row, now))
    return refused('slow_down', 'polls come too fast; wait five seconds longer between them');
  if (row.state === 'waiting')
    return refused('authorization_pending', 'no administrator has approved the code yet');
  const agentId = await makeAgent(deps, row, now);
  if (agentId === undefined) return refused('slow_down', 'another poll is being answered');
  return enrolledAs(deps, agentId);
}

/** An agent that was revoked since it was approved must not be told that it serves. */
async function enrolledAs(deps: DeviceDeps, agentId: string): Promise<Polled> {
  const agent = await deps.database
    .selectFrom('agent')
    .select('status')
    .where('id', '=', agentId)
    .executeTakeFirst();
  if (agent?.status === 'revoked') return refused('access_denied', 'an administrator revoked this machine');
  return { kind: 'enrolled', answer: await answerFor(deps, agentId) };
}

/** Who approved the machine has thereby given one of the two words that a further agent of a forest needs. */
function makeAgent(
  { database, secrets }: DeviceDeps,
  row: DeviceAuthorizationTable,
  now: number,
): Promise<string | undefined> {
  const request = requestOf(secrets, row);
  return database.transaction().execute(async (transaction) => {
    const known = await knownByKey(transaction, row.identityKey);
    const agentId = known?.id ?? newId();
    const { numUpdatedRows } = await transaction
      .updateTable('deviceAuthorization')
      .set({ state: 'done', agentId, requestSealed: '' })
      .where('id', '=', row.id)
      .where('state', '=', 'approved')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return undefined;
    if (known !== undefined) return agentId;
    await insertAgent(transaction, secrets, { agentId, tenantId: row.tenantId, request, now });
    if (row.decidedBy !== null)
      await record(transaction, {
        ...{ agentId, byKind: 'administrator', byId: row.decidedBy, proof: null, admittedAt: now },
      });
    return agentId;
  });
}

export function requestOf(
  secrets: DeviceDeps['secrets'],
  { id, requestSealed }: Pick<DeviceAuthorizationTable, 'id' | 'requestSealed'>,
): DeviceEnrolmentRequest {
  return JSON.parse(secrets.unseal('device-enrolment', id, requestSealed).toString('utf8'));
}

/** RFC 8628 section 3.5: each poll that comes too soon makes the interval five seconds longer. */
async function tooSoon(database: Database, row: DeviceAuthorizationTable, now: number): Promise<boolean> {
  const soon = now < row.polledAt + row.pollInterval;
  await database
    .updateTable('deviceAuthorization')
    .set({ polledAt: now, pollInterval: soon ? row.pollInterval + POLL_INTERVAL : row.pollInterval })
    .where('id', '=', row.id)
    .execute();
  return soon;
}

function makeUserCode(): string {
  const four = () =>
    Array.from({ length: 4 }, () => USER_CODE_LETTERS[randomInt(USER_CODE_LETTERS.length)]).join('');
  return `${four()}-${four()}`;
}

function refused(error: DevicePollRefusal['error'], description: string): Polled {
  return { kind: 'refused', error, error_description: description };
}
