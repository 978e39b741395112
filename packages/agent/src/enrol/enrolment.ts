import { toBase64url } from '@homeward/protocol/bytes';
import {
  type EnrolledForest,
  type EnrolmentAnswer,
  type EnrolmentRequest,
  identityFingerprint,
  signEnrolment,
} from '@homeward/protocol/enrolment';
import { EVENTS } from '@homeward/protocol/event';
import type { Secret } from '@homeward/protocol/secret';
import { AgentError } from '../errors.ts';
import { hasKeys, loadKeys, makeKeys, readPackageKey } from '../keys/key-store.ts';
import type { AgentLog } from '../log.ts';
import { askCloud, type CloudAnswer, whyRefused } from './ask-cloud.ts';
import { type Enrolment, forgetWaitingCode, readEnrolment, writeEnrolment } from './enrolment-file.ts';

export { type Enrolment, readEnrolment } from './enrolment-file.ts';

export type EnrolOrder = {
  cloudUrl: string;
  name: string;
  stateFolder: string;
  forests: EnrolledForest[];
};

type EnrolLog = Pick<AgentLog, 'info'>;

export type Enrolled = { enrolment: Enrolment; fingerprint: string };

/** @throws {AgentError} ERR_ALREADY_ENROLLED */
export function refuseWhereEnrolled(stateFolder: string): void {
  const known = readEnrolment(stateFolder);
  if (known === undefined) return;
  throw new AgentError(
    'ERR_ALREADY_ENROLLED',
    `this agent is enrolled at ${known.cloudUrl} as ${known.agentId} already, and nothing was changed; to enrol it anew, first run: homeward-agent writeback disable`,
  );
}

/**
 * Keys where there are none; those of an enrolment whose answer was lost are shown again.
 * @returns the fingerprint of the identity key
 * @throws {AgentError} ERR_ALREADY_ENROLLED
 */
export async function prepareKeys({ stateFolder }: EnrolOrder, log: EnrolLog): Promise<string> {
  refuseWhereEnrolled(stateFolder);
  if (!hasKeys(stateFolder)) {
    await makeKeys(stateFolder);
    log.info({ event: EVENTS.keysCreated }, 'keys were made');
  }
  const { identity } = await loadKeys(stateFolder);
  return identityFingerprint(identity.publicKey);
}

/**
 * Shows the token to the cloud, and keeps the answer. When the answer is lost on the way, the same order again gets
 * the same answer, because the cloud knows the key that used the token.
 * @throws {AgentError} ERR_ALREADY_ENROLLED, ERR_CLOUD_UNREACHABLE, ERR_ENROLMENT_REFUSED
 */
export async function enrol(
  { token, ...order }: EnrolOrder & { token: Secret<string> },
  fetch: typeof globalThis.fetch,
  log: EnrolLog = { info: () => {} },
): Promise<Enrolled> {
  await prepareKeys(order, log);
  const answer = await askCloud(fetch, order.cloudUrl, 'enrol', await enrolmentRequest(order, token));
  if (answer.status !== 201) throw refusedEnrolment(order, answer);
  return keepEnrolment(order, answer.body as EnrolmentAnswer, log);
}

export async function keepEnrolment(
  { cloudUrl, name, forests, stateFolder }: EnrolOrder,
  answer: EnrolmentAnswer,
  log: EnrolLog,
): Promise<Enrolled> {
  const enrolment: Enrolment = { ...answer, cloudUrl, name, forests };
  writeEnrolment(stateFolder, enrolment);
  forgetWaitingCode(stateFolder);
  const { agentId, status } = answer;
  log.info({ event: EVENTS.onboardingSucceeded, agentId, status }, 'this machine is enrolled');
  const { identity } = await loadKeys(stateFolder);
  return { enrolment, fingerprint: await identityFingerprint(identity.publicKey) };
}

export function refusedEnrolment({ cloudUrl }: EnrolOrder, answer: CloudAnswer): AgentError {
  return new AgentError(
    'ERR_ENROLMENT_REFUSED',
    `${new URL(cloudUrl).origin} did not enrol this agent: ${whyRefused(answer)}`,
  );
}

/** Without a token an administrator's approval stands for it. */
export async function enrolmentRequest(
  { stateFolder, name, forests }: EnrolOrder,
  token?: Secret<string>,
): Promise<Omit<EnrolmentRequest, 'token'> & { token?: string }> {
  const { identity, password } = await loadKeys(stateFolder);
  const { id, key } = readPackageKey(stateFolder);
  const packageKey = { id, key: key.reveal() };
  const shown = token === undefined ? {} : { token: token.reveal() };
  const proof = await signEnrolment(
    { ...shown, identityKey: identity.publicKey, passwordKey: password.spki, packageKey },
    identity.privateKey,
  );
  return {
    ...shown,
    name,
    forests,
    identityKey: toBase64url(identity.publicKey),
    passwordKey: toBase64url(password.spki),
    packageKey,
    proof: toBase64url(proof),
  };
}
