import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { EVENTS } from '@homeward/protocol/event';
import type { AgentConfig } from '../config.ts';
import { AgentError } from '../errors.ts';
import { syncFolder } from '../keys/durable-files.ts';
import { destroyKeys, hasKeys, type KeyRing, loadKeys, tidyKeys } from '../keys/key-store.ts';
import type { AgentDeps } from '../service.ts';
import { readJournalFacts } from '../status/read-journal-facts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { askCloud, type CloudAnswer, signedForm, whyRefused } from './ask-cloud.ts';
import { type Enrolment, forgetEnrolment, readEnrolment } from './enrolment-file.ts';

export type DisableOptions = { localOnly?: boolean };

export type DisableDeps = Pick<AgentDeps, 'fetch' | 'clock' | 'log'> & {
  terminal: Terminal;
  command: string;
  sleep: (ms: number) => Promise<void>;
  /** aborted when the operator stops waiting */
  signal: AbortSignal;
};

const ASK_EVERY = 2_000;
/** ms: it looks every two seconds, and ends what it has begun */
const AGENT_ENDS_WITHIN = 20_000;

/**
 * `homeward-agent writeback disable`: the cloud offers this agent nothing more, waits for what it was given, and
 * forgets its half of the keys; then this machine's half is destroyed. The journal stays. Safe to repeat.
 * @throws {AgentError} ERR_NOT_ENROLLED, ERR_CLOUD_UNREACHABLE, ERR_DISABLE_REFUSED: no key was touched
 */
export async function disableCommand(
  { stateFolder }: Pick<AgentConfig, 'stateFolder'>,
  { localOnly = false }: DisableOptions,
  deps: DisableDeps,
): Promise<void> {
  const { terminal, log, command } = deps;
  const enrolment = readEnrolment(stateFolder);
  if (enrolment === undefined && !hasKeys(stateFolder))
    throw new AgentError('ERR_NOT_ENROLLED', `no enrolment in ${stateFolder}; there is nothing to disable`);
  const agentId = enrolment?.agentId;
  log.info({ event: EVENTS.offboardingStarted, agentId }, 'offboarding begins');
  try {
    if (enrolment !== undefined && !localOnly) await leaveCloud(stateFolder, enrolment, deps);
    await destroyAllKeys(stateFolder);
    forgetEnrolment(stateFolder);
  } catch (error) {
    log.error({ event: EVENTS.offboardingFailed, agentId, err: error }, 'offboarding did not succeed');
    throw error;
  } finally {
    terminal.progress(undefined);
  }
  log.info({ event: EVENTS.offboardingSucceeded, agentId, localOnly }, 'this machine is no agent any more');
  terminal.print('This machine is no agent any more: its keys are destroyed. The journal was kept.');
  if (localOnly && enrolment !== undefined)
    terminal.print(
      `The cloud was not told. Revoke the agent ${agentId} in its portal: until then people may wait for it.`,
    );
  if (await stillRuns(stateFolder, deps))
    terminal.print('The agent still runs, and has the keys in its memory. Stop it now.');
  terminal.print(`To serve again: ${command} writeback enable --cloud <address>`);
}

/** A running agent notices by itself that it is none any more, and ends; one of an older version does not. */
async function stillRuns(stateFolder: string, { terminal, sleep, signal }: DisableDeps): Promise<boolean> {
  const isHeld = () => readJournalFacts(stateFolder).state === 'held';
  if (!isHeld()) return false;
  terminal.progress('Waiting for the running agent to end');
  for (let waited = 0; waited < AGENT_ENDS_WITHIN && !signal.aborted && isHeld(); waited += ASK_EVERY)
    await sleep(ASK_EVERY);
  terminal.progress(undefined);
  if (isHeld()) return true;
  terminal.print('The agent that ran here has ended.');
  return false;
}

async function leaveCloud(stateFolder: string, enrolment: Enrolment, deps: DisableDeps): Promise<void> {
  const { terminal, sleep, signal } = deps;
  const ring = await loadKeys(stateFolder);
  terminal.progress(`Telling ${enrolment.cloudUrl}`);
  for (;;) {
    const answer = await sayGoodbye(ring, enrolment, deps);
    if (answer.status === 200) return;
    if (answer.status !== 202) throw refused(enrolment, answer, deps);
    const until = new Date(Number(answer.body['until'])).toLocaleTimeString('en-GB');
    terminal.progress(`Waiting for what this agent was given to do, until ${until} at the latest`);
    await sleep(ASK_EVERY);
    if (signal.aborted)
      throw new AgentError(
        'ERR_INTERRUPTED',
        'stopped waiting; nothing was destroyed, and this agent serves again in half a minute',
      );
  }
}

/** While keys roll over, the cloud knows one of the generations: the newest that it takes. */
async function sayGoodbye(
  ring: KeyRing,
  { agentId, cloudUrl, issuer }: Enrolment,
  deps: DisableDeps,
): Promise<CloudAnswer> {
  const { fetch, clock } = deps;
  let answer: CloudAnswer = { status: 401, body: {} };
  for (const { identity } of ring.all.toReversed()) {
    const form = await signedForm({
      subject: agentId,
      audience: `${issuer}/agents/disable`,
      key: identity.privateKey,
      now: clock.now(),
    });
    answer = await askCloud(fetch, cloudUrl, 'disable', form).catch((cause: unknown) => {
      throw cause instanceof AgentError ? notTold(cause, deps) : cause;
    });
    if (answer.status !== 401) return answer;
  }
  return answer;
}

function notTold({ code, message, cause }: AgentError, { command }: DisableDeps): AgentError {
  const out = `If the cloud is gone for good: ${command} writeback disable --local-only, and revoke the agent there if it ever returns`;
  return new AgentError(
    code,
    `${message}.\nNothing was changed here. Run this again when it answers. ${out}.`,
    { cause },
  );
}

async function destroyAllKeys(stateFolder: string): Promise<void> {
  if (hasKeys(stateFolder))
    for (const { number } of (await loadKeys(stateFolder)).all) destroyKeys(stateFolder, number);
  tidyKeys(stateFolder);
  rmSync(join(stateFolder, 'keys'), { recursive: true, force: true });
  syncFolder(stateFolder);
}

function refused({ cloudUrl }: Enrolment, answer: CloudAnswer, deps: DisableDeps): AgentError {
  const why = `${cloudUrl} did not let this agent go: ${whyRefused(answer)}`;
  if (answer.status >= 500) return notTold(new AgentError('ERR_CLOUD_UNREACHABLE', why), deps);
  return new AgentError(
    'ERR_DISABLE_REFUSED',
    `${why}.\nNothing was changed here. To destroy the keys all the same: ${deps.command} writeback disable --local-only`,
  );
}
