import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { openDirectory } from '@homeward/active-directory';
import type { EnrolledForest } from '@homeward/protocol/enrolment';
import { Secret } from '@homeward/protocol/secret';
import type { AgentConfig } from '../config.ts';
import { AgentError } from '../errors.ts';
import { type AgentDeps, settingsOf } from '../service.ts';
import { enrol } from './enrolment.ts';

export type EnrolOptions = { cloud: string; token?: string; tokenFile?: string };

/** `homeward-agent enroll`: proves that the directory answers, then shows the token to the cloud. */
export async function enrolCommand(
  config: AgentConfig,
  options: EnrolOptions,
  deps: AgentDeps & { input: NodeJS.ReadableStream; print: (line: string) => void },
): Promise<void> {
  const cloudUrl = checkCloudUrl(options.cloud);
  if (options.token !== undefined)
    deps.print('Note: a token on the command line is visible in the process list. --token-file avoids that.');
  const token = await readToken(options, deps.input);
  deps.print('Reading who the forests are …');
  const forests: EnrolledForest[] = [];
  for (const forest of config.forests) forests.push(await identify(forest, deps));
  deps.print(`Making keys and enrolling at ${cloudUrl} …`);
  const { enrolment, fingerprint } = await enrol(
    { cloudUrl, token, name: config.name, stateFolder: config.stateFolder, forests },
    deps.fetch,
  );
  deps.print(`Enrolled as ${enrolment.name} for ${enrolment.tenantName}.`);
  deps.print(`  agent id     ${enrolment.agentId}`);
  deps.print(`  fingerprint  ${fingerprint}`);
  deps.print(`  serves       ${forests.map(({ domain }) => domain).join(', ')}`);
  deps.print('Next: homeward-agent run');
}

async function identify(forest: AgentConfig['forests'][number], deps: AgentDeps): Promise<EnrolledForest> {
  const directory = openDirectory(settingsOf(forest), deps);
  try {
    const { forestSid, domain, netbiosName } = await directory.identity();
    return { sid: forestSid, domain, netbiosName };
  } finally {
    await directory.close();
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

async function readToken(
  { token, tokenFile }: EnrolOptions,
  input: NodeJS.ReadableStream,
): Promise<Secret<string>> {
  if (token !== undefined) return new Secret(token.trim());
  if (tokenFile !== undefined && tokenFile !== '-') {
    try {
      return new Secret(readFileSync(tokenFile, 'utf8').trim());
    } catch (cause) {
      throw new AgentError('ERR_CONFIG_INVALID', `--token-file: ${tokenFile} cannot be read`, { cause });
    }
  }
  const lines = createInterface({ input });
  try {
    for await (const line of lines) if (line.trim() !== '') return new Secret(line.trim());
  } finally {
    lines.close();
  }
  throw new AgentError(
    'ERR_CONFIG_INVALID',
    'no token came; give --token-file, or type it on standard input',
  );
}
