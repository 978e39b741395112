import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toBase64url } from '@homeward/protocol/bytes';
import {
  type EnrolledForest,
  type EnrolmentAnswer,
  type EnrolmentRefusal,
  type EnrolmentRequest,
  identityFingerprint,
  signEnrolment,
} from '@homeward/protocol/enrolment';
import type { Secret } from '@homeward/protocol/secret';
import { AgentError } from '../errors.ts';
import { hasKeys, loadKeys, makeKeys, readPackageKey } from '../keys/key-store.ts';

/** What is kept of an enrolment, in `enrolment.json`; no secret is in it. */
export type Enrolment = EnrolmentAnswer & { cloudUrl: string; name: string; forests: EnrolledForest[] };

export type EnrolOrder = {
  cloudUrl: string;
  token: Secret<string>;
  name: string;
  stateFolder: string;
  forests: EnrolledForest[];
};

const FILE = 'enrolment.json';

/**
 * Makes keys where there are none, shows the token to the cloud, and keeps the answer. When the answer is lost
 * on the way, the same order again gets the same answer, because the cloud knows the key that used the token.
 * @throws {AgentError} ERR_ALREADY_ENROLLED, ERR_CLOUD_UNREACHABLE, ERR_ENROLMENT_REFUSED
 */
export async function enrol(
  order: EnrolOrder,
  fetch: typeof globalThis.fetch,
): Promise<{ enrolment: Enrolment; fingerprint: string }> {
  const { stateFolder, cloudUrl, name } = order;
  const known = readEnrolment(stateFolder);
  if (known !== undefined) {
    throw new AgentError(
      'ERR_ALREADY_ENROLLED',
      `this agent is enrolled at ${known.cloudUrl} as ${known.agentId} already`,
    );
  }
  if (!hasKeys(stateFolder)) await makeKeys(stateFolder);
  const request = await enrolmentRequest(order);
  const url = new URL('agents/enrol', withSlash(cloudUrl));
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    redirect: 'error',
    signal: AbortSignal.timeout(15_000),
  }).catch((cause: unknown) => {
    throw new AgentError(
      'ERR_CLOUD_UNREACHABLE',
      `${url.origin} does not answer; check the address, DNS and firewall`,
      { cause },
    );
  });
  const answer = (await response.json().catch(() => undefined)) as
    | EnrolmentAnswer
    | EnrolmentRefusal
    | undefined;
  if (!response.ok || answer === undefined || 'error' in answer) {
    const why =
      answer !== undefined && 'error' in answer ? answer.message : `it answered with HTTP ${response.status}`;
    throw new AgentError('ERR_ENROLMENT_REFUSED', `${url.origin} did not enrol this agent: ${why}`);
  }
  const enrolment: Enrolment = { ...answer, cloudUrl, name, forests: order.forests };
  writeEnrolment(stateFolder, enrolment);
  const { identity } = await loadKeys(stateFolder);
  return { enrolment, fingerprint: await identityFingerprint(identity.publicKey) };
}

/** The kept enrolment, or undefined where there is none yet. */
export function readEnrolment(stateFolder: string): Enrolment | undefined {
  try {
    return JSON.parse(readFileSync(join(stateFolder, FILE), 'utf8')) as Enrolment;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function enrolmentRequest({
  stateFolder,
  token,
  name,
  forests,
}: EnrolOrder): Promise<EnrolmentRequest> {
  const { identity, password } = await loadKeys(stateFolder);
  const { id, key } = readPackageKey(stateFolder);
  const packageKey = { id, key: key.reveal() };
  const proof = await signEnrolment(
    { token: token.reveal(), identityKey: identity.publicKey, passwordKey: password.spki, packageKey },
    identity.privateKey,
  );
  return {
    token: token.reveal(),
    name,
    forests,
    identityKey: toBase64url(identity.publicKey),
    passwordKey: toBase64url(password.spki),
    packageKey,
    proof: toBase64url(proof),
  };
}

function writeEnrolment(stateFolder: string, enrolment: Enrolment): void {
  const path = join(stateFolder, FILE);
  writeFileSync(`${path}.draft`, `${JSON.stringify(enrolment, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.draft`, path);
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
