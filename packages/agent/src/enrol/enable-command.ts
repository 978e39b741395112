import { readFileSync } from 'node:fs';
import { openDirectory } from '@homeward/active-directory';
import type { EnrolledForest } from '@homeward/protocol/enrolment';
import { EVENTS } from '@homeward/protocol/event';
import { Secret } from '@homeward/protocol/secret';
import type { AgentConfig } from '../config.ts';
import { AgentError } from '../errors.ts';
import { type AgentDeps, settingsOf } from '../service.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { wrapText } from '../terminal/wrap-text.ts';
import { unreadable } from '../unreadable.ts';
import { awaitApproval, beginDevice, type DeviceDeps, type Shown } from './device-authorization.ts';
import { type Enrolled, type EnrolOrder, enrol, refuseWhereEnrolled } from './enrolment.ts';
import { addressWarning, ownAddress } from './own-address.ts';

export type EnableOptions = { cloud: string; token?: string; tokenFile?: string };

export type EnableDeps = AgentDeps &
  Pick<DeviceDeps, 'sleep' | 'signal'> & {
    terminal: Terminal;
    /** how this program is called */
    command: string;
    identify?: (forest: AgentConfig['forests'][number]) => Promise<EnrolledForest>;
  };

type EnableConfig = Pick<AgentConfig, 'name' | 'stateFolder' | 'forests'>;

/**
 * `homeward-agent writeback enable`: proves that the directory answers, makes keys, and introduces this machine to
 * the cloud: by a token, else by a code that an administrator approves.
 */
export async function enableCommand(
  config: EnableConfig,
  options: EnableOptions,
  deps: EnableDeps,
): Promise<void> {
  const { terminal, log } = deps;
  const cloudUrl = checkCloudUrl(options.cloud);
  // Nothing begins, so that the cloud, which takes this agent's events, is told of no failure.
  refuseWhereEnrolled(config.stateFolder);
  if (options.token !== undefined)
    terminal.print(
      'Note: a token on the command line is visible in the process list. --token-file avoids that.',
    );
  const token = await readToken(options, terminal);
  log.info({ event: EVENTS.onboardingStarted, cloud: cloudUrl }, 'onboarding begins');
  try {
    const forests = await readForests(config, deps);
    const { name, stateFolder } = config;
    const order: EnrolOrder = { cloudUrl, name, stateFolder, forests };
    const enrolled =
      token === undefined
        ? await enrolByApproval(order, deps)
        : await withProgress(terminal, `Enrolling at ${cloudUrl}`, () =>
            enrol({ ...order, token }, deps.fetch, deps.log),
          );
    tell(enrolled, deps);
    warnOfAddress(enrolled, deps);
  } catch (error) {
    if (!isInterrupt(error))
      log.error({ event: EVENTS.onboardingError, err: error }, 'onboarding did not succeed');
    throw error;
  }
}

async function enrolByApproval(order: EnrolOrder, deps: EnableDeps): Promise<Enrolled> {
  const shown = await beginDevice(order, deps);
  showCode(shown, deps);
  const until = new Date(shown.waiting.expiresAt).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
  });
  return withProgress(deps.terminal, `Waiting for approval; the code works until ${until}`, () =>
    awaitApproval(order, shown, deps),
  );
}

function showCode({ waiting, fingerprint, resumed }: Shown, { terminal }: EnableDeps): void {
  const { paint, print } = terminal;
  print();
  print(resumed ? 'Still to be approved, as asked before:' : 'Have an administrator approve this machine:');
  print();
  print(`  address      ${waiting.verification_uri}`);
  print(`  code         ${paint('strong', waiting.user_code)}`);
  print(`  fingerprint  ${paint('strong', fingerprint)}`);
  print();
  const words =
    'Whoever approves signs in at that address, types the code, and is asked for the end of the fingerprint. Read both to your own administrator, and to nobody else. Ctrl-C stops waiting; the same command goes on.';
  for (const line of wrapText(words, terminal.width)) print(line);
  print();
}

function tell({ enrolment, fingerprint }: Enrolled, { terminal, command }: EnableDeps): void {
  const { print } = terminal;
  const domains = enrolment.forests.map(({ domain }) => domain).join(', ');
  print(`Enrolled as ${enrolment.name} for ${enrolment.tenantName}.`);
  print(`  agent id     ${enrolment.agentId}`);
  print(`  fingerprint  ${fingerprint}`);
  print(`  serves       ${domains}`);
  if (enrolment.status === 'pending') {
    const waits = `Another agent serves ${domains} already, so this one waits to be admitted. On that agent’s machine run: homeward-agent admit ${fingerprint}`;
    print();
    for (const line of wrapText(waits, terminal.width)) print(line);
    print('Or let two administrators approve it in the portal.');
    print(`Next: ${command} run (it begins to serve once it is admitted)`);
    return;
  }
  print(`Next: ${command} run`);
}

function warnOfAddress({ enrolment }: Enrolled, { terminal, log, command }: EnableDeps): void {
  const { cloudUrl, issuer } = enrolment;
  const own = ownAddress(cloudUrl, issuer);
  if (own === undefined) return;
  log.warn({ enrolledAt: cloudUrl, own }, 'the cloud goes by another address than the one enrolled at');
  terminal.print();
  for (const line of wrapText(addressWarning(cloudUrl, own, command), terminal.width)) terminal.print(line);
}

async function readForests(config: EnableConfig, deps: EnableDeps): Promise<EnrolledForest[]> {
  return withProgress(deps.terminal, 'Reading who the forests are', async () => {
    const forests: EnrolledForest[] = [];
    const { identify = (forest) => identityOf(forest, deps) } = deps;
    for (const forest of config.forests) forests.push(await identify(forest));
    return forests;
  });
}

async function identityOf(forest: AgentConfig['forests'][number], deps: AgentDeps): Promise<EnrolledForest> {
  const directory = openDirectory(settingsOf(forest), deps);
  try {
    const { forestSid, domain, netbiosName } = await directory.identity();
    return { sid: forestSid, domain, netbiosName };
  } finally {
    await directory.close();
  }
}

async function withProgress<T>(terminal: Terminal, text: string, work: () => Promise<T>): Promise<T> {
  terminal.progress(text);
  try {
    return await work();
  } finally {
    terminal.progress(undefined);
  }
}

function checkCloudUrl(text: string): string {
  const url = URL.parse(text);
  const local = url !== null && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url === null || (url.protocol !== 'https:' && !(url.protocol === 'http:' && local))) {
    throw new AgentError(
      'ERR_CONFIG_INVALID',
      `--cloud: must be an https:// address (http:// only on this machine), not ${text}`,
    );
  }
  return url.href.replace(/\/$/, '');
}

/** Undefined where none was named: then an administrator approves. */
async function readToken(
  { token, tokenFile }: EnableOptions,
  terminal: Terminal,
): Promise<Secret<string> | undefined> {
  if (token !== undefined) return new Secret(token.trim());
  if (tokenFile === undefined) return undefined;
  if (tokenFile === '-') {
    if (terminal.interactive) return terminal.askSecret('Token: ');
    const first = (await terminal.readInput()).split('\n').find((line) => line.trim() !== '');
    if (first !== undefined) return new Secret(first.trim());
    throw new AgentError('ERR_CONFIG_INVALID', '--token-file: no token came on standard input');
  }
  try {
    return new Secret(readFileSync(tokenFile, 'utf8').trim());
  } catch (cause) {
    throw new AgentError('ERR_CONFIG_INVALID', `--token-file: ${unreadable(tokenFile, cause)}`, { cause });
  }
}

function isInterrupt(error: unknown): boolean {
  return error instanceof AgentError && error.code === 'ERR_INTERRUPTED';
}
