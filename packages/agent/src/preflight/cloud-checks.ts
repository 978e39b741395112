import { lookup } from 'node:dns/promises';
import type { ConnectionFailureReason } from '@homeward/active-directory';
import type { Advice } from '../advice/advice.ts';
import type { Enrolment } from '../enrol/enrolment.ts';
import { AgentError } from '../errors.ts';
import { loadKeys } from '../keys/key-store.ts';
import { obtainCredential } from '../link/credential-source.ts';
import { certificateFinding, failureReason } from './certificate-finding.ts';
import { type CheckGroup, type Finding, fail, once, pass, skip, warn } from './check.ts';
import { clockFinding } from './clock-finding.ts';
import type { inspectTls } from './inspect-tls.ts';

export type CloudCheckDeps = {
  /** where the cloud is, or would be */
  cloudUrl: string | undefined;
  enrolment: Enrolment | undefined;
  stateFolder: string;
  command: string;
  fetch: typeof globalThis.fetch;
  inspectTls: typeof inspectTls;
  clock: { now: () => number };
};

const LIMIT = 10_000;

export function cloudChecks(deps: CloudCheckDeps): CheckGroup {
  const answer = once(() => askCloud(deps));
  const enrolment = { id: 'enrolment', title: 'Enrolment', run: () => checkEnrolment(deps) };
  if (deps.cloudUrl === undefined) return { title: 'Cloud', checks: [enrolment] };
  return {
    title: `Cloud ${deps.cloudUrl}`,
    checks: [
      { id: 'cloud-tls', title: 'Certificate', run: () => checkCertificate(deps) },
      { id: 'cloud', title: 'Reachable', run: async () => (await answer()).finding },
      {
        id: 'cloud-clock',
        title: 'Clock',
        async run() {
          const { offset } = await answer();
          return offset === undefined
            ? skip('The cloud did not give its time.')
            : clockFinding(offset, 'the cloud’s');
        },
      },
      { id: 'relay', title: 'Relay', run: async () => checkRelay(deps, (await answer()).finding) },
      enrolment,
    ],
  };
}

const NO_CLOUD = skip('Not enrolled, and no --cloud given.');

async function checkCertificate({ cloudUrl, inspectTls: inspect, clock }: CloudCheckDeps): Promise<Finding> {
  if (cloudUrl === undefined) return NO_CLOUD;
  const { hostname, protocol, port } = new URL(cloudUrl);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol !== 'https:')
    return /^(localhost|127(\.\d+){3}|::1)$/.test(host)
      ? pass('Plain http, on this machine only.')
      : fail('Plain http: an agent enrols over https only.', 'Give the cloud a certificate.');
  try {
    const addresses = (await lookup(host, { all: true })).map(({ address }) => address);
    const facts = await inspect({ host, addresses, port: Number(port) || 443 }, undefined, LIMIT);
    return certificateFinding(host, facts, clock.now(), {
      explain: cloudAdvice,
      renew: 'Renew the cloud’s certificate.',
    });
  } catch (error) {
    return unreachable(host, error);
  }
}

async function askCloud({
  cloudUrl,
  fetch,
  clock,
}: CloudCheckDeps): Promise<{ finding: Finding; offset?: number }> {
  if (cloudUrl === undefined) return { finding: NO_CLOUD };
  const before = clock.now();
  try {
    const response = await fetch(cloudUrl, { redirect: 'manual', signal: AbortSignal.timeout(LIMIT) });
    await response.body?.cancel();
    const took = clock.now() - before;
    const time = Date.parse(response.headers.get('date') ?? '');
    const finding =
      response.status >= 500
        ? warn(`It answers, but with HTTP ${response.status}.`, 'Look at the cloud’s own log.')
        : pass(`It answers (HTTP ${response.status}, ${Math.round(took)} ms).`);
    // The header has whole seconds: on the average, half of one is lost.
    return Number.isNaN(time) ? { finding } : { finding, offset: time + 500 - (before + took / 2) };
  } catch (error) {
    return { finding: unreachable(new URL(cloudUrl).host, error) };
  }
}

async function checkRelay({ cloudUrl, enrolment, fetch }: CloudCheckDeps, cloud: Finding): Promise<Finding> {
  if (enrolment === undefined) return skip('The relay’s address comes with the enrolment.');
  const url = new URL(enrolment.relayUrl.replace(/^ws/, 'http'));
  if (cloudUrl !== undefined && url.origin === new URL(cloudUrl).origin)
    return cloud.status === 'PASS'
      ? pass('At the same address as the cloud.')
      : skip('At the same address as the cloud; see above.');
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(LIMIT) });
    await response.body?.cancel();
    return pass(`${enrolment.relayUrl} answers.`);
  } catch (error) {
    return unreachable(url.host, error);
  }
}

async function checkEnrolment(deps: CloudCheckDeps): Promise<Finding> {
  const { enrolment, stateFolder, command, fetch, clock } = deps;
  if (enrolment === undefined) {
    const url = deps.cloudUrl ?? 'https://reset.example.com';
    return {
      ...warn('This agent is not enrolled yet.', 'Get a token from the portal, and enrol it:'),
      run: `${command} enroll --cloud ${url} --token-file -`,
    };
  }
  try {
    const keys = await loadKeys(stateFolder);
    const { expires } = await obtainCredential({ enrolment, keys, fetch, now: clock.now }, 'relay');
    const minutes = Math.round((expires - clock.now()) / 60_000);
    return pass(`Agent ${enrolment.agentId}; the cloud gave a credential for ${minutes} minutes.`);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return fail(
      `${error.message}.`.replace(/\.\.$/, '.'),
      ENROLMENT_MENDS[error.code] ?? 'Enrol this agent again.',
    );
  }
}

const ENROLMENT_MENDS: Partial<Record<AgentError['code'], string>> = {
  ERR_CLOUD_UNREACHABLE: 'Mend the way to the cloud first; see above.',
  ERR_CREDENTIAL_REFUSED: 'Look at this agent in the portal; if it was revoked by mistake, enrol it again.',
};

function unreachable(host: string, error: unknown): Finding {
  const { name, code, cause, message } = error as Error & {
    code?: string;
    cause?: Error & { code?: string };
  };
  const known = name === 'TimeoutError' ? 'ETIMEDOUT' : (cause?.code ?? code);
  if (known === undefined) return fail(`${host}: ${cause?.message ?? message}.`, 'Check the address.');
  const { happened, next } = cloudAdvice(reasonOrUndefined(known, host));
  return fail(`${host}: ${happened}`, next, { code: known });
}

function reasonOrUndefined(code: string, host: string): ConnectionFailureReason | undefined {
  try {
    return failureReason(code, host);
  } catch {
    return undefined;
  }
}

/** The words for the cloud, where those for a controller would mislead. */
function cloudAdvice(reason: ConnectionFailureReason | undefined): Advice {
  const means = 'Nobody can reset a password by this agent while that lasts.';
  return { means, ...(CLOUD_FAILURES[reason ?? 'connectionEnded'] ?? CLOUD_FAILURES.connectionEnded) };
}

const TRUST = 'Point cloudCaFile at the PEM file of the authority that issued it.';
const CLOUD_FAILURES: Partial<Record<ConnectionFailureReason, Omit<Advice, 'means'>>> & {
  connectionEnded: Omit<Advice, 'means'>;
} = {
  nameUnknown: {
    happened: 'DNS does not know this name.',
    next: 'Check the address, and this machine’s DNS.',
  },
  dnsSilent: { happened: 'DNS does not answer.', next: 'Check this machine’s DNS servers.' },
  connectionRefused: {
    happened: 'The connection is refused.',
    next: 'Check that the cloud runs, and its port.',
  },
  networkUnreachable: { happened: 'There is no route to it.', next: 'Check network and firewall.' },
  noAnswerInTime: {
    happened: 'It did not answer in time.',
    next: 'Check that it runs, and that the firewall lets connections to it out.',
  },
  connectionEnded: {
    happened: 'The connection was ended before an answer.',
    next: 'Look for a proxy or firewall between that ends connections.',
  },
  tlsFailed: { happened: 'TLS failed.', next: 'Check that this port speaks TLS 1.2 or later.' },
  certificateExpired: { happened: 'Its certificate has expired.', next: 'Renew the cloud’s certificate.' },
  certificateNotYetValid: {
    happened: 'Its certificate is not valid yet.',
    next: 'Check this machine’s clock, then the certificate’s dates.',
  },
  certificateWrongName: {
    happened: 'Its certificate carries another name.',
    next: 'Use the name in the certificate, or issue one for this name.',
  },
  certificateUnknownAuthority: {
    happened: 'Its certificate comes from an authority that is not trusted here.',
    next: TRUST,
  },
  certificateRefused: { happened: 'Its certificate was refused.', next: TRUST },
};
