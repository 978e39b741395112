import { lookup } from 'node:dns/promises';
import type { ProxyConfig } from '../config.ts';
import type { Enrolment } from '../enrol/enrolment.ts';
import { AgentError } from '../errors.ts';
import { loadKeys } from '../keys/key-store.ts';
import { obtainCredential } from '../link/credential-source.ts';
import { openTunnel, proxyFaultIn } from '../network/proxy-tunnel.ts';
import { certificateFinding } from './certificate-finding.ts';
import { type CheckGroup, type Finding, fail, once, pass, skip, warn } from './check.ts';
import { clockFinding } from './clock-finding.ts';
import { cloudAdvice, proxyFinding, unreachable } from './cloud-failure.ts';
import type { inspectTls } from './inspect-tls.ts';
import { proxyChecks } from './proxy-check.ts';
import { type RelayCheckDeps, relayChecks } from './relay-checks.ts';

export type CloudCheckDeps = {
  /** where the cloud is, or would be */
  cloudUrl: string | undefined;
  enrolment: Enrolment | undefined;
  stateFolder: string;
  command: string;
  fetch: typeof globalThis.fetch;
  inspectTls: typeof inspectTls;
  clock: { now: () => number };
  proxy: ProxyConfig | undefined;
} & Pick<RelayCheckDeps, 'socketAgent' | 'idleSeconds' | 'pingEverySeconds'>;

const LIMIT = 10_000;

export function cloudChecks(deps: CloudCheckDeps): CheckGroup {
  const answer = once(() => askCloud(deps));
  const credential = once(() => obtainForRelay(deps));
  const enrolment = { id: 'enrolment', title: 'Enrolment', run: () => checkEnrolment(deps, credential) };
  if (deps.cloudUrl === undefined) return { title: 'Cloud', checks: [enrolment] };
  return {
    title: `Cloud ${deps.cloudUrl}`,
    checks: [
      ...proxyChecks(deps.proxy, deps.cloudUrl),
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
      enrolment,
      ...relayChecks({ ...deps, credential }),
    ],
  };
}

const NO_CLOUD = skip('Not enrolled, and no --cloud given.');

async function checkCertificate(deps: CloudCheckDeps): Promise<Finding> {
  const { cloudUrl, inspectTls: inspect, clock, proxy } = deps;
  if (cloudUrl === undefined) return NO_CLOUD;
  const { hostname, protocol, port } = new URL(cloudUrl);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol !== 'https:')
    return /^(localhost|127(\.\d+){3}|::1)$/.test(host)
      ? pass('Plain http, on this machine only.')
      : fail('Plain http: an agent enrols over https only.', 'Give the cloud a certificate.');
  try {
    const target = { host, port: Number(port) || 443 };
    // Behind a proxy, it alone may know the name.
    const addresses = proxy ? [host] : (await lookup(host, { all: true })).map(({ address }) => address);
    const through = proxy && (() => openTunnel(proxy, target, LIMIT));
    const facts = await inspect({ ...target, addresses }, undefined, LIMIT, through);
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

async function obtainForRelay({ enrolment, stateFolder, fetch, clock }: CloudCheckDeps) {
  if (enrolment === undefined) return undefined;
  const keys = await loadKeys(stateFolder);
  return obtainCredential({ enrolment, keys, fetch, now: clock.now }, 'relay');
}

async function checkEnrolment(
  { enrolment, command, clock, cloudUrl }: CloudCheckDeps,
  credential: () => ReturnType<typeof obtainForRelay>,
): Promise<Finding> {
  if (enrolment === undefined) {
    const url = cloudUrl ?? 'https://reset.example.com';
    return {
      ...warn('This agent is not enrolled yet.', 'Enrol it, and have its code approved in the portal:'),
      run: `${command} writeback enable --cloud ${url}`,
    };
  }
  try {
    const { expires = 0 } = (await credential()) ?? {};
    const minutes = Math.round((expires - clock.now()) / 60_000);
    return pass(`Agent ${enrolment.agentId}; the cloud gave a credential for ${minutes} minutes.`);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    if (proxyFaultIn(error) !== undefined) return proxyFinding(error);
    return fail(
      `${error.message}.`.replace(/\.\.$/, '.'),
      ENROLMENT_MENDS[error.code] ?? 'Enrol this agent again.',
    );
  }
}

const ENROLMENT_MENDS: Partial<Record<AgentError['code'], string>> = {
  ERR_CLOUD_UNREACHABLE: 'Mend the way to the cloud first; see above.',
  ERR_CREDENTIAL_REFUSED: 'Look at this agent in the portal; if it was revoked by mistake, enrol it again.',
  ERR_AGENT_CLONED:
    'Find out which machine is the copy and stop it, then let the agent in again: "homeward-cloud agent reinstate".',
};
