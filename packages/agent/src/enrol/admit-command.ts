import { fromBase64url } from '@homeward/protocol/bytes';
import { identityFingerprint, type WaitingAgent } from '@homeward/protocol/enrolment';
import type { AgentConfig } from '../config.ts';
import { AgentError } from '../errors.ts';
import { loadKeys } from '../keys/key-store.ts';
import type { AgentDeps } from '../service.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { askCloud, signedForm, whyRefused } from './ask-cloud.ts';
import { type Enrolment, readEnrolment } from './enrolment-file.ts';

export type AdmitDeps = Pick<AgentDeps, 'fetch' | 'clock' | 'log'> & { terminal: Terminal };

/**
 * `homeward-agent admit <fingerprint>`: this agent's word for a further one of its forests. The fingerprint is made
 * here from the key that the cloud names, and the word is for that key: what the cloud calls it does not count.
 * @throws {AgentError} ERR_CONFIG_INVALID, ERR_NOT_ENROLLED, ERR_CLOUD_UNREACHABLE, ERR_ADMISSION_REFUSED
 */
export async function admitCommand(
  { stateFolder }: Pick<AgentConfig, 'stateFolder'>,
  typed: string,
  deps: AdmitDeps,
): Promise<void> {
  const wanted = readFingerprint(typed);
  const enrolment = readEnrolment(stateFolder);
  if (enrolment === undefined)
    throw new AgentError(
      'ERR_NOT_ENROLLED',
      `no enrolment in ${stateFolder}; only an agent can admit another`,
    );
  const say = await speaker(stateFolder, enrolment, deps);
  const { agents } = (await say('waiting')) as { agents: WaitingAgent[] };
  const found = await withFingerprint(agents, wanted);
  if (found === undefined) throw notWaiting(wanted, agents.length);
  const { agentId, name, forests } = found;
  await say('admit', { admits: found.identityKey });
  deps.log.info({ agentId, agentName: name }, 'this agent admitted another one');
  deps.terminal.print(`${name} is admitted, and begins to serve within a minute.`);
  deps.terminal.print(`  agent id     ${agentId}`);
  deps.terminal.print(`  fingerprint  ${wanted}`);
  deps.terminal.print(`  serves       ${forests.map(({ domain }) => domain).join(', ')}`);
}

async function speaker(
  stateFolder: string,
  { agentId, cloudUrl, issuer }: Enrolment,
  { fetch, clock }: AdmitDeps,
) {
  const { identity } = await loadKeys(stateFolder);
  return async (verb: 'waiting' | 'admit', claims: Record<string, unknown> = {}) => {
    const form = await signedForm({
      subject: agentId,
      audience: `${issuer}/agents/${verb}`,
      key: identity.privateKey,
      now: clock.now(),
      claims,
    });
    const answer = await askCloud(fetch, cloudUrl, verb, form).catch((cause: unknown) => {
      throw cause instanceof AgentError ? unanswered(cause, verb) : cause;
    });
    if (answer.status === 200) return answer.body;
    const why = `${cloudUrl} did not take this: ${whyRefused(answer)}.\nNobody was admitted`;
    if (answer.status >= 500)
      throw new AgentError('ERR_CLOUD_UNREACHABLE', `${why}. Run this again when the cloud is well.`);
    throw new AgentError('ERR_ADMISSION_REFUSED', `${why}.`);
  };
}

/** An answer that was lost may have been a yes. */
function unanswered({ code, message, cause }: AgentError, verb: 'waiting' | 'admit'): AgentError {
  const known =
    verb === 'waiting'
      ? 'Nobody was admitted. Run this again when the cloud answers.'
      : 'It is not known whether the agent was admitted: the list at /admin says so. Or run this again.';
  return new AgentError(code, `${message}.\n${known}`, { cause });
}

/** As it is printed, whatever blanks, dashes and capital letters it was typed with. */
function readFingerprint(typed: string): string {
  const plain = typed.toLowerCase().replaceAll(/[\s\p{Dash}]/gu, '');
  if (/^[0-9a-f]{24}$/.test(plain)) return plain.replaceAll(/.{4}(?=.)/g, '$&-');
  throw new AgentError(
    'ERR_CONFIG_INVALID',
    'the fingerprint must be whole, 24 characters of 0-9 and a-f, as the new machine shows it',
  );
}

async function withFingerprint(
  agents: readonly WaitingAgent[],
  wanted: string,
): Promise<WaitingAgent | undefined> {
  for (const agent of agents)
    if ((await identityFingerprint(fromBase64url(agent.identityKey))) === wanted) return agent;
  return undefined;
}

function notWaiting(wanted: string, others: number): AgentError {
  const known =
    others === 0 ? 'no agent waits' : `${others === 1 ? 'one waits' : `${others} wait`}, but with another`;
  return new AgentError(
    'ERR_ADMISSION_REFUSED',
    `${wanted}: ${known} for a forest that this agent serves. Compare the fingerprint with the new machine’s terminal`,
  );
}
