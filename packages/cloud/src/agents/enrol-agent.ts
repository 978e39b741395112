/** Makes an agent of a machine: a good token, a proof of its identity key, and keys that are what they should be. */
import { fromBase64url } from '@homeward/protocol/bytes';
import {
  type AgentStanding,
  type DeviceEnrolmentRequest,
  type EnrolmentAnswer,
  type EnrolmentRefusalCode,
  type EnrolmentRequest,
  verifyEnrolment,
} from '@homeward/protocol/enrolment';
import { newId } from '@homeward/protocol/id';
import { MOST_FORESTS } from '@homeward/protocol/report';
import { importRecipient } from '@homeward/protocol/seal';
import { z } from 'zod';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';
import { tellOfAgent } from './agent-news.ts';
import type { AgentRegistry } from './agent-registry.ts';
import { redeemToken, type TokenDeps } from './enrolment-tokens.ts';
import { forestStanding } from './forest-standing.ts';
import type { AgentTable } from './tables.ts';

export type EnrolDeps = TokenDeps & {
  registry: AgentRegistry;
  tenant: { id: string; name: string };
  issuer: string;
  relayUrl: string;
  log: { info: (fields: object, message: string) => void };
};

export type EnrolResult =
  | { kind: 'enrolled'; answer: EnrolmentAnswer }
  | { kind: 'refused'; error: EnrolmentRefusalCode };

const base64url = (bytes: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .refine((text) => decodedLength(text) === bytes, `must be ${bytes} bytes, base64url`);

/** Names of machines are shown in pages, mails and terminals: nothing in them may steer one of these. */
const visible = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u);

const deviceShape = z.strictObject({
  name: visible(64),
  forests: z
    .array(
      z.strictObject({
        sid: z.string().regex(/^S-1-5-21(-\d{1,10}){3}$/),
        domain: visible(253),
        netbiosName: visible(15),
      }),
    )
    .min(1)
    .max(MOST_FORESTS),
  identityKey: base64url(32),
  passwordKey: z.string().min(300).max(600),
  packageKey: z.strictObject({ id: z.string().regex(/^[0-9a-f]{16}$/), key: base64url(32) }),
  proof: base64url(64),
}) satisfies z.ZodType<DeviceEnrolmentRequest>;

const tokenShape = deviceShape.extend({
  token: z.string().min(1).max(200),
}) satisfies z.ZodType<EnrolmentRequest>;

type Read<Request> =
  | { kind: 'read'; request: Request }
  | { kind: 'refused'; error: 'request_invalid' | 'proof_invalid' };

/** What came to `POST /agents/device`: well-formed, with keys that work, and signed by the identity key. */
export function readDeviceEnrolment(body: unknown): Promise<Read<DeviceEnrolmentRequest>> {
  return readEnrolment(deviceShape, body);
}

async function readEnrolment<Request extends DeviceEnrolmentRequest>(
  shape: z.ZodType<Request>,
  body: unknown,
): Promise<Read<Request>> {
  const parsed = shape.safeParse(body);
  if (!parsed.success || !(await hasUsableKeys(parsed.data)))
    return { kind: 'refused', error: 'request_invalid' };
  return (await isProven(parsed.data))
    ? { kind: 'read', request: parsed.data }
    : { kind: 'refused', error: 'proof_invalid' };
}

export async function enrolAgent(deps: EnrolDeps, body: unknown): Promise<EnrolResult> {
  const read = await readEnrolment(tokenShape, body);
  if (read.kind === 'refused') return read;
  const { request } = read;
  const { database, secrets, clock } = deps;
  const agentId = newId();
  const now = clock();
  const tokenHmac = secrets.hmac('enrolment-token', request.token);
  const redeemed = await database.transaction().execute(async (transaction) => {
    const { identityKey } = request;
    const known = await knownByKey(transaction, identityKey);
    if (known?.status === 'revoked') return { kind: 'refused', error: 'keys_revoked' } as const;
    const id = known?.id ?? agentId;
    const result = await redeemToken(transaction, { tokenHmac, identityKey, agentId: id, now });
    if (result.kind === 'fresh' && known === undefined)
      await insertAgent(transaction, secrets, { agentId, tenantId: result.tenantId, request, now });
    return result.kind === 'fresh' ? { ...result, agentId: id } : result;
  });
  if (redeemed.kind === 'refused') return redeemed;
  return { kind: 'enrolled', answer: await answerFor(deps, redeemed.agentId) };
}

/** A machine that enrolled before and lost the answer proves the same key again: it is the same agent. */
export function knownByKey(
  database: Database,
  identityKey: string,
): Promise<{ id: string; status: AgentTable['status'] } | undefined> {
  return database
    .selectFrom('agent')
    .select(['id', 'status'])
    .where('identityKey', '=', identityKey)
    .executeTakeFirst();
}

/**
 * A forest's first agent serves it at once. Every later one would read everybody's new password too, so it waits
 * until one that serves the forest admits it, or two administrators do; and so does one that comes right after an
 * administrator revoked the only one, or one person alone could put a machine in its place.
 */
export async function insertAgent(
  transaction: Database,
  secrets: Secrets,
  {
    agentId,
    tenantId,
    request,
    now,
  }: { agentId: string; tenantId: string; request: DeviceEnrolmentRequest; now: number },
): Promise<AgentStanding> {
  const { name, identityKey, passwordKey, packageKey, forests } = request;
  const standing = await forestStanding(transaction, tenantId, forests, now);
  const status = standing === 'free' ? 'active' : 'pending';
  await transaction
    .insertInto('agent')
    .values({
      ...{ id: agentId, tenantId, name, identityKey, passwordKey, status },
      packageKeyId: packageKey.id,
      packageKeySealed: secrets.seal('package-key', agentId, fromBase64url(packageKey.key)),
      forests: JSON.stringify(forests),
      enrolledAt: now,
      statusSince: now,
    })
    .execute();
  await tellOfAgent(transaction, { tenantId, agentId, now, news: status });
  return status;
}

/** What an agent is told of itself; the same again to one whose first answer was lost. */
export async function answerFor(deps: EnrolDeps, agentId: string): Promise<EnrolmentAnswer> {
  const { database, registry, tenant, issuer, relayUrl, log } = deps;
  const agent = await database
    .selectFrom('agent')
    .select(['name', 'status'])
    .where('id', '=', agentId)
    .executeTakeFirstOrThrow();
  await registry.refresh();
  const status = agent.status === 'pending' ? 'pending' : 'active';
  log.info({ agentId, agentName: agent.name, status: agent.status }, 'agent enrolled');
  return { agentId, status, tenantId: tenant.id, tenantName: tenant.name, issuer, relayUrl };
}

async function isProven(request: DeviceEnrolmentRequest & { token?: string }): Promise<boolean> {
  const { token, packageKey } = request;
  const identityKey = fromBase64url(request.identityKey);
  const passwordKey = fromBase64url(request.passwordKey);
  const proof = { packageKey, identityKey, passwordKey, ...(token !== undefined && { token }) };
  return verifyEnrolment(proof, fromBase64url(request.proof));
}

/** A key that cannot be imported would otherwise be found at somebody's first reset. */
async function hasUsableKeys({ passwordKey }: DeviceEnrolmentRequest): Promise<boolean> {
  try {
    await importRecipient(fromBase64url(passwordKey));
    return true;
  } catch {
    return false;
  }
}

function decodedLength(text: string): number {
  try {
    return fromBase64url(text).length;
  } catch {
    return -1;
  }
}
