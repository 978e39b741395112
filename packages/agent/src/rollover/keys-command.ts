import { identityFingerprint } from '@homeward/protocol/enrolment';
import type { Command } from 'commander';
import type { AgentConfig } from '../config.ts';
import { readEnrolment } from '../enrol/enrolment.ts';
import { AgentError } from '../errors.ts';
import { loadKeys } from '../keys/key-store.ts';
import { ago, type Row, section } from '../status/print-rows.ts';
import { readJournalFacts } from '../status/read-journal-facts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { keyFacts } from './key-facts.ts';
import { requestRollover } from './rollover-files.ts';

export type KeysDeps = {
  terminal: Terminal;
  command: string;
  clock: { now: () => number };
  sleep: (ms: number) => Promise<void>;
};

type KeysConfig = Pick<AgentConfig, 'stateFolder' | 'keyLifetimeDays'>;

/** A running agent notices the order within two seconds; making keys and telling the cloud takes one more. */
const WAIT = { each: 500, longest: 30_000 };

/** `keys show`. @throws {AgentError} ERR_KEYS_MISSING */
export async function showKeys(
  config: KeysConfig,
  options: { json?: boolean },
  { terminal, clock, command }: KeysDeps,
): Promise<void> {
  const facts = await keyFacts(config);
  if (options.json) return terminal.print(JSON.stringify(facts, null, 2));
  const now = clock.now();
  const rows: Row[] = facts.generations.map(({ number, madeAt, state }) => ({
    title: `Generation ${number}`,
    text: `${STATES[state]}, made ${ago(madeAt, now)}`,
  }));
  section(terminal, 'Keys', [
    ...rows,
    { title: 'Fingerprint', text: facts.fingerprint },
    { title: 'Next rollover', text: nextText(facts.nextRollover, facts.isRequested, now) },
    ...(facts.problem === undefined
      ? []
      : [{ title: 'Problem', text: facts.problem, paint: 'bad' as const, next: `${command} status` }]),
  ]);
}

/** `keys roll`. @returns 0 where the new keys are in use, 1 where that is still to come */
export async function rollKeys(config: KeysConfig, deps: KeysDeps): Promise<0 | 1> {
  const { terminal, clock, sleep, command } = deps;
  const { stateFolder } = config;
  if (readEnrolment(stateFolder) === undefined)
    throw new AgentError('ERR_NOT_ENROLLED', `no enrolment in ${stateFolder}; there are no keys to replace`);
  const { number } = (await loadKeys(stateFolder)).newest;
  requestRollover(stateFolder, clock.now());
  if (readJournalFacts(stateFolder).state !== 'held') {
    terminal.print('The agent does not run. It makes new keys as soon as it is started.');
    return 1;
  }
  terminal.progress('The running agent makes new keys');
  for (let waited = 0; waited < WAIT.longest; waited += WAIT.each) {
    await sleep(WAIT.each);
    const { current, retiring } = await keyFacts(config);
    if (current <= number) continue;
    terminal.progress(undefined);
    const fingerprint = await identityFingerprint((await loadKeys(stateFolder)).newest.identity.publicKey);
    terminal.print(`Generation ${current} is in use. Its fingerprint: ${fingerprint}`);
    if (retiring.length > 0)
      terminal.print('The keys before are destroyed when nothing sealed to them can come any more.');
    return 0;
  }
  terminal.progress(undefined);
  terminal.print(
    `The agent was asked, but has not finished yet. It goes on; look with: ${command} keys show`,
  );
  return 1;
}

export function registerKeys(
  program: Command,
  start: () => { config: AgentConfig; deps: KeysDeps },
  end: (exit: number) => void,
): void {
  const keys = program.command('keys').description('the keys of this agent');
  keys
    .command('show')
    .description('which generations there are, how old, and when they are replaced')
    .option('--json', 'print the result as JSON')
    .action(async (options: { json?: boolean }) => {
      const { config, deps } = start();
      await showKeys(config, options, deps);
    });
  keys
    .command('roll')
    .description('replace the keys now; resets go on meanwhile')
    .action(async () => {
      const { config, deps } = start();
      end(await rollKeys(config, deps));
    });
}

const STATES = {
  current: 'in use',
  next: 'made, and not known to the cloud yet',
  retiring: 'being retired: opens what was sealed to it before',
} as const;

function nextText(at: number, isRequested: boolean, now: number): string {
  if (isRequested) return 'was asked for; as soon as the agent runs';
  if (at <= now) return 'due';
  return `${new Date(at).toISOString().slice(0, 10)}, or with "keys roll"`;
}
