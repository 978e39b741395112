import type { Command } from 'commander';
import { adviceFor } from '../advice/advice-for.ts';
import { AgentError } from '../errors.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { hang } from '../terminal/wrap-text.ts';
import { agentRows, heldRow } from './agent-rows.ts';
import { type AgentStatus, collectStatus, type StatusConfig, type StatusDeps } from './collect-status.ts';
import { ago, type Row, section } from './print-rows.ts';
import { showRunning, type WithoutConfig } from './show-running.ts';
import { whyNotServing } from './why-not-serving.ts';

export type StatusCommandDeps = Omit<StatusDeps, 'onProgress'> & {
  terminal: Terminal;
  command: string;
  clock: { now: () => number };
};

/** `status`. @returns 0 where the agent runs and every directory takes passwords now, else 1 */
export async function showStatus(
  config: StatusConfig,
  options: { json?: boolean },
  deps: StatusCommandDeps,
): Promise<0 | 1> {
  const { terminal } = deps;
  const status = await collectStatus(config, { ...deps, onProgress: terminal.progress });
  const isServing =
    status.journal.state === 'held' &&
    status.breakers.length === 0 &&
    status.links?.every(({ state }) => state !== 'connected') !== true &&
    status.forests.every(({ probe }) => probe.reachable);
  if (options.json) {
    terminal.print(JSON.stringify({ isServing, ...status }, null, 2));
    return isServing ? 0 : 1;
  }
  section(terminal, `Agent ${status.name}`, agentRows(status, deps));
  for (const forest of status.forests) {
    terminal.print();
    section(terminal, `Forest ${forest.domain}`, forestRows(status, forest, deps.clock.now()));
  }
  terminal.print();
  const told = isServing
    ? 'The agent runs and every directory takes passwords. Whether the cloud reaches it, the portal tells.'
    : notServing(status);
  for (const line of hang('', told, terminal.width))
    terminal.print(terminal.paint(isServing ? 'good' : 'bad', line));
  return isServing ? 0 : 1;
}

function notServing(status: AgentStatus): string {
  const { everybody, reasons } = whyNotServing(status);
  const who = everybody
    ? 'People cannot reset their passwords through this agent now'
    : 'Not everybody can reset their password through this agent now';
  return `${who}: ${reasons.join(', ')}.`;
}

export function registerStatus(
  program: Command,
  start: () => { config: StatusConfig; deps: StatusCommandDeps },
  end: (exit: number) => void,
  /** what is known where the configuration cannot be used, for more than its rules file */
  startWithout: () => WithoutConfig,
): void {
  program
    .command('status')
    .description('what this agent is and does; exit code 0 when it runs and its directories answer, else 1')
    .option('--json', 'print the result as JSON')
    .action(async (options: { json?: boolean }) => {
      let started: ReturnType<typeof start>;
      try {
        started = start();
      } catch (error) {
        if (!(error instanceof AgentError && error.code === 'ERR_CONFIG_INVALID')) throw error;
        if (!options.json) showRunning(startWithout());
        throw error;
      }
      end(await showStatus(started.config, options, started.deps));
    });
}

function forestRows({ enrolment }: AgentStatus, forest: AgentStatus['forests'][number], now: number): Row[] {
  const { probe, sync, sid } = forest;
  return [
    ...probeRows(probe),
    ...(enrolment !== undefined && sid === undefined
      ? [{ title: 'Enrolled', text: 'no: this forest was not there then', paint: 'bad' as const }]
      : []),
    sync?.lastFullImport === undefined
      ? { title: 'Last full cycle', text: 'never', paint: 'warn' }
      : { title: 'Last full cycle', text: ago(sync.lastFullImport, now) },
    { title: 'People known', text: String(sync?.people ?? 0) },
    ...heldRow(sync?.heldDeletions ?? 0, 'from this forest'),
  ];
}

function probeRows(probe: AgentStatus['forests'][number]['probe']): Row[] {
  if (!probe.reachable) {
    const { happened, next } = adviceFor(probe.outcome);
    const { controller } = probe.outcome.diagnosis ?? {};
    const where = controller === undefined ? '' : `${controller}: `;
    return [{ title: 'Directory', text: `${where}${happened}`, paint: 'bad', next }];
  }
  return [
    probe.pdcProven
      ? { title: 'Directory', text: `${probe.controller} answers, the proven PDC emulator`, paint: 'good' }
      : {
          title: 'Directory',
          text: `${probe.controller} stands in: the PDC emulator is away`,
          paint: 'warn',
        },
    probe.policyHints === undefined
      ? { title: 'Policy hints', text: 'not offered: history cannot be enforced on a reset', paint: 'warn' }
      : { title: 'Policy hints', text: 'offered: history holds on a reset', paint: 'good' },
  ];
}
