/**
 * Device authorization from this side (RFC 8628): ask for a code, show it, wait until an administrator has decided.
 * The code is kept, so that waiting can be interrupted and gone on with.
 */
import type { DeviceAuthorization, EnrolmentAnswer } from '@homeward/protocol/enrolment';
import { EVENTS } from '@homeward/protocol/event';
import { AgentError } from '../errors.ts';
import { loadKeys } from '../keys/key-store.ts';
import type { AgentLog } from '../log.ts';
import { askCloud, type CloudAnswer, signedForm, whyRefused } from './ask-cloud.ts';
import {
  type Enrolled,
  type EnrolOrder,
  enrolmentRequest,
  keepEnrolment,
  prepareKeys,
  refusedEnrolment,
} from './enrolment.ts';
import { forgetWaitingCode, readWaitingCode, type WaitingCode, writeWaitingCode } from './enrolment-file.ts';

export type DeviceDeps = {
  fetch: typeof globalThis.fetch;
  clock: { now: () => number };
  log: Pick<AgentLog, 'info'>;
  /** resolves after so many ms, or when the signal is aborted */
  sleep: (ms: number) => Promise<void>;
  /** aborted when the operator stops waiting */
  signal: AbortSignal;
};

export type Shown = { waiting: WaitingCode; fingerprint: string; resumed: boolean };

const SECOND = 1_000;
/** RFC 8628 section 3.5: what slow_down adds */
const SLOWER = 5 * SECOND;
const MARGIN = 30 * SECOND;

/** The code that is being waited for already, if it is of the same cloud and good for a while; else a new one. */
export async function beginDevice(order: EnrolOrder, deps: DeviceDeps): Promise<Shown> {
  const fingerprint = await prepareKeys(order, deps.log);
  const { stateFolder, cloudUrl, name, forests } = order;
  const kept = readWaitingCode(stateFolder);
  if (kept !== undefined && kept.expiresAt > deps.clock.now() + MARGIN && isFor(kept, order))
    return { waiting: kept, fingerprint, resumed: true };
  const answer = await askCloud(deps.fetch, cloudUrl, 'device', await enrolmentRequest(order));
  if (answer.status !== 200) throw refusedEnrolment(order, answer);
  const given = answer.body as DeviceAuthorization;
  const waiting = {
    ...given,
    cloudUrl,
    name,
    forests,
    expiresAt: deps.clock.now() + given.expires_in * SECOND,
  };
  writeWaitingCode(stateFolder, waiting);
  return { waiting, fingerprint, resumed: false };
}

/**
 * Polls until there is a decision. A cloud that is away for a moment is no decision.
 * @throws {AgentError} ERR_ENROLMENT_REFUSED, ERR_INTERRUPTED
 */
export async function awaitApproval(
  order: EnrolOrder,
  { waiting, fingerprint }: Shown,
  deps: DeviceDeps,
): Promise<Enrolled> {
  const { identity } = await loadKeys(order.stateFolder);
  const { clock, sleep, signal, fetch, log } = deps;
  let interval = waiting.interval * SECOND;
  for (;;) {
    await sleep(interval);
    if (signal.aborted) throw interrupted(waiting);
    const form = await signedForm(
      {
        subject: fingerprint,
        audience: `${waiting.issuer}/agents/device/token`,
        key: identity.privateKey,
        now: clock.now(),
      },
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: waiting.device_code,
      },
    );
    const answer = await askCloud(fetch, order.cloudUrl, 'device/token', form).catch(transient);
    if (answer.status === 201) {
      log.info({ event: EVENTS.credentialObtained }, 'an administrator approved this machine');
      return keepEnrolment(order, answer.body as EnrolmentAnswer, log);
    }
    const error = answer.body['error'];
    if (error === 'slow_down') interval += SLOWER;
    else if (answer.status < 500 && error !== 'authorization_pending') {
      forgetWaitingCode(order.stateFolder);
      throw refusedEnrolment(order, answer);
    } else if (clock.now() > waiting.expiresAt + interval && error !== 'authorization_pending') {
      throw unreachable(order, answer);
    }
  }
}

function isFor(kept: WaitingCode, { cloudUrl, name, forests }: EnrolOrder): boolean {
  const same = (value: { cloudUrl: string; name: string; forests: unknown }) =>
    JSON.stringify([value.cloudUrl, value.name, value.forests]);
  return same(kept) === same({ cloudUrl, name, forests });
}

function transient(error: unknown): CloudAnswer {
  if (!(error instanceof AgentError)) throw error;
  return { status: 503, body: { error_description: error.message } };
}

function unreachable({ cloudUrl }: EnrolOrder, answer: CloudAnswer): AgentError {
  return new AgentError(
    'ERR_CLOUD_UNREACHABLE',
    `${cloudUrl} could not be asked whether this machine was approved: ${whyRefused(answer)}`,
  );
}

function interrupted({ expiresAt }: WaitingCode): AgentError {
  const until = new Date(expiresAt).toISOString();
  return new AgentError(
    'ERR_INTERRUPTED',
    `stopped waiting. The code works until ${until}; run the same command again to go on waiting for it`,
  );
}
