/** Admits an agent: a good token, a proof of its identity key, and keys that are what they should be. */
import { fromBase64url } from '@homeward/protocol/bytes';
import {
  type EnrolmentAnswer,
  type EnrolmentRefusalCode,
  type EnrolmentRequest,
  verifyEnrolment,
} from '@homeward/protocol/enrolment';
import { newId } from '@homeward/protocol/id';
import { importRecipient } from '@homeward/protocol/seal';
import { z } from 'zod';
import type { AgentRegistry } from './agent-registry.ts';
import { redeemToken, type TokenDeps } from './enrolment-tokens.ts';

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

const requestShape: z.ZodType<EnrolmentRequest> = z.strictObject({
  token: z.string().min(1).max(200),
  name: z.string().min(1).max(64),
  forests: z
    .array(
      z.strictObject({
        sid: z.string().regex(/^S-1-5-21(-\d{1,10}){3}$/),
        domain: z.string().min(1).max(253),
        netbiosName: z.string().min(1).max(15),
      }),
    )
    .min(1)
    .max(20),
  identityKey: base64url(32),
  passwordKey: z.string().min(300).max(600),
  packageKey: z.strictObject({ id: z.string().regex(/^[0-9a-f]{16}$/), key: base64url(32) }),
  proof: base64url(64),
});

export async function enrolAgent(deps: EnrolDeps, body: unknown): Promise<EnrolResult> {
  const parsed = requestShape.safeParse(body);
  if (!parsed.success || !(await hasUsableKeys(parsed.data)))
    return { kind: 'refused', error: 'request_invalid' };
  const request = parsed.data;
  if (!(await isProven(request))) return { kind: 'refused', error: 'proof_invalid' };

  const { database, secrets, clock, tenant, registry } = deps;
  const agentId = newId();
  const tokenHmac = secrets.hmac('enrolment-token', request.token);
  const packageKey = secrets.seal('package-key', agentId, fromBase64url(request.packageKey.key));
  const redeemed = await database.transaction().execute(async (transaction) => {
    const result = await redeemToken(transaction, {
      tokenHmac,
      identityKey: request.identityKey,
      agentId,
      now: clock(),
    });
    if (result.kind !== 'fresh') return result;
    await transaction
      .insertInto('agent')
      .values({
        id: agentId,
        tenantId: result.tenantId,
        name: request.name,
        identityKey: request.identityKey,
        passwordKey: request.passwordKey,
        packageKeyId: request.packageKey.id,
        packageKeySealed: packageKey,
        forests: JSON.stringify(request.forests),
        status: 'active',
        enrolledAt: clock(),
      })
      .execute();
    return result;
  });
  if (redeemed.kind === 'refused') return redeemed;
  await registry.refresh();
  const admitted = redeemed.kind === 'fresh' ? agentId : redeemed.agentId;
  deps.log.info({ agentId: admitted, agentName: request.name, forests: request.forests }, 'agent enrolled');
  return {
    kind: 'enrolled',
    answer: {
      agentId: admitted,
      tenantId: tenant.id,
      tenantName: tenant.name,
      issuer: deps.issuer,
      relayUrl: deps.relayUrl,
    },
  };
}

async function isProven(request: EnrolmentRequest): Promise<boolean> {
  const { token, packageKey } = request;
  const identityKey = fromBase64url(request.identityKey);
  const passwordKey = fromBase64url(request.passwordKey);
  return verifyEnrolment({ token, packageKey, identityKey, passwordKey }, fromBase64url(request.proof));
}

/** A key that cannot be imported would otherwise be found at somebody's first reset. */
async function hasUsableKeys({ passwordKey }: EnrolmentRequest): Promise<boolean> {
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
