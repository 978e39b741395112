import type { Directory, DirectoryIdentity, DirectoryProbe } from '@homeward/active-directory';
import { connectionFailureOf } from '@homeward/active-directory/connection-failure';
import { adviceFor } from '../advice/advice-for.ts';
import { CONNECTION_ADVICE } from '../advice/connection-advice.ts';
import type { ForestConfig } from '../config.ts';
import type { Enrolment } from '../enrol/enrolment.ts';
import { type DirectoryProblem, directoryProblem } from '../permissions/directory-problem.ts';
import { surveyRights } from '../permissions/survey-rights.ts';
import { certificateFinding } from './certificate-finding.ts';
import { type Check, type CheckGroup, type Finding, fail, once, pass, skip, warn } from './check.ts';
import { clockFinding } from './clock-finding.ts';
import type { ForestNetwork } from './controllers-of-forest.ts';
import type { inspectTls } from './inspect-tls.ts';
import { rightsChecks } from './rights-checks.ts';

export type ForestDirectory = Pick<
  Directory,
  'identity' | 'probe' | 'rights' | 'people' | 'protectedMembers'
>;

export type ForestCheckDeps = {
  forest: ForestConfig;
  directory: ForestDirectory;
  /** tried once for all checks: a wrong password counts each time, and locks the account in the end */
  signedIn: () => Promise<Signed>;
  enrolment: Enrolment | undefined;
  network: ForestNetwork;
  inspectTls: typeof inspectTls;
  clock: { now: () => number };
  command: string;
};

const TLS_LIMIT = 5_000;
const RIGHTS_LIMIT = 10 * 60_000;

/** What the forest is, or why it cannot be asked. */
export type Signed = { identity: DirectoryIdentity } | { problem: DirectoryProblem };

export function forestChecks(deps: ForestCheckDeps): CheckGroup {
  const { forest, directory, signedIn } = deps;
  const probe = once(() => directory.probe());
  const needing =
    (run: Check['run']): Check['run'] =>
    async (onProgress) =>
      'problem' in (await signedIn()) ? skip('The account could not sign in.') : run(onProgress);
  const reached = (find: (probe: Extract<DirectoryProbe, { reachable: true }>) => Finding) => async () => {
    const probed = await probe();
    return probed.reachable ? find(probed) : skip('No controller takes passwords now.');
  };
  const survey = (onProgress: (text: string) => void) =>
    surveyRights(directory, {
      scope: forest.searchBases,
      inspectPeople: true,
      onProgress: (text) => text !== undefined && onProgress(text),
    });
  return {
    title: `Forest ${forest.domain}`,
    checks: [
      { id: 'dns', title: 'DNS', run: () => checkDns(deps) },
      { id: 'tls', title: 'Certificate', run: () => checkCertificates(deps, probe) },
      { id: 'bind', title: 'Sign-in', run: async () => bindFinding(deps, await signedIn()) },
      { id: 'pdc', title: 'PDC emulator', run: needing(async () => pdcFinding(await probe())) },
      {
        id: 'clock',
        title: 'Clock',
        run: needing(
          reached(({ clockOffsetMs, controller }) =>
            clockOffsetMs === undefined
              ? skip(`${controller} does not tell its time.`)
              : clockFinding(clockOffsetMs + 500, 'the controller’s'),
          ),
        ),
      },
      { id: 'hints', title: 'Policy hints', run: needing(reached((probed) => hintsFinding(forest, probed))) },
      {
        id: 'rights',
        title: 'Rights',
        limit: RIGHTS_LIMIT,
        run: needing((onProgress) => rightsChecks(() => survey(onProgress), deps.command)),
      },
    ],
  };
}

export async function signIn(directory: Pick<Directory, 'identity'>): Promise<Signed> {
  try {
    return { identity: await directory.identity() };
  } catch (error) {
    return { problem: directoryProblem(error) };
  }
}

async function checkDns({ forest, network }: ForestCheckDeps): Promise<Finding> {
  const isPinned = forest.controllers !== undefined;
  try {
    const [controllers, emulators] = [
      await network.hosts(forest, 'controllers'),
      await network.hosts(forest, 'emulator'),
    ];
    const others = controllers.length === 1 ? 'controller' : 'controllers';
    return pass(
      `${controllers.length} ${others} (${some(controllers)}); PDC emulator ${emulators.join(', ')}.${isPinned ? ' Not used: controllers are pinned.' : ''}`,
      { controllers, emulators },
    );
  } catch (error) {
    const { happened, next } = CONNECTION_ADVICE[connectionFailureOf(error, undefined).reason];
    if (isPinned) return warn(`${happened} Not needed: controllers are pinned.`, next);
    return fail(happened, next);
  }
}

async function checkCertificates(
  deps: ForestCheckDeps,
  probe: () => Promise<DirectoryProbe>,
): Promise<Finding | Finding[]> {
  const { forest, network } = deps;
  const hosts = forest.controllers ?? (await network.hosts(forest, 'controllers').catch(() => []));
  if (hosts.length === 0) return skip('No controller is known; see DNS.');
  const probed = 'problem' in (await deps.signedIn()) ? undefined : await probe();
  const writer = probed?.reachable ? probed.controller : undefined;
  return Promise.all(hosts.map((host) => checkCertificate(deps, host, writer)));
}

/** Where another one takes the passwords, a controller that fails costs only its share of the reads. */
async function checkCertificate(
  deps: ForestCheckDeps,
  host: string,
  writer: string | undefined,
): Promise<Finding> {
  const { forest, network, clock, inspectTls: inspect } = deps;
  const isSpare = writer !== undefined && writer.toLowerCase() !== host.toLowerCase();
  const found = await (async () => {
    try {
      const facts = await inspect(await network.endpoint(forest, host), forest.ca, TLS_LIMIT);
      return certificateFinding(host, facts, clock.now(), {
        explain: (reason) => CONNECTION_ADVICE[reason],
        renew: 'Renew the controller’s certificate; it takes the new one without a restart.',
      });
    } catch (error) {
      const { happened, next } = CONNECTION_ADVICE[connectionFailureOf(error, host).reason];
      return fail(`${host}: ${happened}`, next);
    }
  })();
  return isSpare && found.status === 'FAIL' ? { ...found, status: 'WARN' } : found;
}

function bindFinding({ forest, enrolment }: ForestCheckDeps, signed: Signed): Finding {
  if ('problem' in signed) {
    const { advice, controller, reason, code } = signed.problem;
    const where = controller === undefined ? '' : `${controller}: `;
    return fail(`${where}${advice.happened}`, advice.next, { code, reason, controller });
  }
  const { forestSid, netbiosName } = signed.identity;
  const told = `${forest.account.userPrincipalName} signed in to ${netbiosName}.`;
  const enrolled = enrolment?.forests.find(({ domain }) => domain === forest.domain);
  const again = 'Move the state folder away, and enrol this agent again with this forest.';
  if (enrolment !== undefined && enrolled === undefined)
    return fail(`${told} But this forest was not there when the agent was enrolled.`, again);
  if (enrolled !== undefined && enrolled.sid !== forestSid)
    return fail(`${told} But it is another forest than the one that was enrolled.`, again, {
      enrolled: enrolled.sid,
      found: forestSid,
    });
  return pass(told, { forestSid });
}

function pdcFinding(probed: DirectoryProbe): Finding {
  if (!probed.reachable) {
    const { happened, next } = adviceFor(probed.outcome);
    const { controller } = probed.outcome.diagnosis ?? {};
    return fail(`${controller === undefined ? '' : `${controller}: `}${happened}`, next, probed.outcome);
  }
  if (probed.pdcProven) return pass(`${probed.controller}, proven by fSMORoleOwner.`);
  return warn(
    `Away. ${probed.controller} takes the passwords meanwhile.`,
    'Bring the PDC emulator back, or move its role.',
  );
}

function hintsFinding(
  { requirePolicyHints }: ForestConfig,
  probed: Extract<DirectoryProbe, { reachable: true }>,
): Finding {
  if (probed.policyHints !== undefined)
    return pass(`Offered (${probed.policyHints}): history holds on a reset, too.`);
  const told = `${probed.controller} offers none: password history cannot be enforced on a reset.`;
  const newer = 'Move the PDC emulator role to Windows Server 2016 or later, or Samba 4.24 or later';
  return requirePolicyHints
    ? fail(
        `${told} requirePolicyHints is true, so every reset is refused.`,
        `${newer}, or set requirePolicyHints to false.`,
      )
    : warn(told, `${newer}.`);
}

function some(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')}, …`;
}
