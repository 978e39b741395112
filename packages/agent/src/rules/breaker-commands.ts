import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EVENTS } from '@homeward/protocol/event';
import type { Command } from 'commander';
import type { AgentConfig } from '../config.ts';
import { readEnrolment } from '../enrol/enrolment.ts';
import type { AgentLog } from '../log.ts';
import { counted } from '../permissions/print-survey.ts';
import type { Terminal } from '../terminal/terminal.ts';
import {
  BREAKER_FILE,
  type OpenBreaker,
  openBreaker,
  type WriteBreaker,
  type WriteLimits,
} from './write-breaker.ts';

export type BreakerCommandDeps = { terminal: Terminal; command: string; log: AgentLog };

/** `breaker show`. @returns 1 where one is open, so that a script can ask */
export function showBreakers(
  { stateFolder, rules }: Pick<AgentConfig, 'stateFolder' | 'rules'>,
  { terminal, command }: BreakerCommandDeps,
): 0 | 1 {
  const breaker = existing(stateFolder, rules);
  try {
    const open = breaker?.openOnes() ?? [];
    for (const one of open) {
      terminal.print(terminal.paint('bad', `${nameOf(stateFolder, one)}: open, nothing is written`));
      terminal.print(`  ${reasonOf(one)}`);
    }
    if (open.length === 0) terminal.print(terminal.paint('good', 'Closed: writes are let through.'));
    else terminal.print(`Find out who ordered them (${command} events), then: ${command} breaker close`);
    const { writesPerMinute, writesPerHour } = rules;
    terminal.print(`Limits of each forest: ${writesPerMinute} writes a minute, ${writesPerHour} an hour.`);
    return open.length === 0 ? 0 : 1;
  } finally {
    breaker?.close();
  }
}

/** `breaker close`: the running agent heeds it with the next request. */
export function closeBreakers(
  { stateFolder, rules }: Pick<AgentConfig, 'stateFolder' | 'rules'>,
  { terminal, log }: BreakerCommandDeps,
): void {
  const breaker = existing(stateFolder, rules);
  try {
    const closed = breaker?.closeBreakers() ?? [];
    for (const one of closed) {
      const forest = nameOf(stateFolder, one);
      log.warn({ event: EVENTS.requestRefused, forest }, 'the breaker was closed on this machine');
      terminal.print(`${forest}: closed. ${reasonOf(one)} Counting starts anew.`);
    }
    if (closed.length === 0) terminal.print('No breaker was open.');
    else terminal.print(`${counted(closed.length, 'forest takes', 'forests take')} writes again.`);
  } finally {
    breaker?.close();
  }
}

/** Adds `breaker show` and `breaker close`. `end` gets the exit code. */
export function registerBreaker(
  program: Command,
  start: () => { config: AgentConfig; deps: BreakerCommandDeps },
  end: (exit: number) => void,
): void {
  const breaker = program.command('breaker').description('what stops writes when there are too many');
  breaker
    .command('show')
    .description('say whether writes are held; exit code 1 when they are')
    .action(() => {
      const { config, deps } = start();
      end(showBreakers(config, deps));
    });
  breaker
    .command('close')
    .description('let writes through again, once it is known where too many came from')
    .action(() => {
      const { config, deps } = start();
      closeBreakers(config, deps);
    });
}

/** Not made here: a file of root's would lock the agent out of it. */
function existing(stateFolder: string, limits: WriteLimits): WriteBreaker | undefined {
  return existsSync(join(stateFolder, BREAKER_FILE)) ? openBreaker(stateFolder, limits) : undefined;
}

function nameOf(stateFolder: string, { forest }: OpenBreaker): string {
  return readEnrolment(stateFolder)?.forests.find(({ sid }) => sid === forest)?.domain ?? forest;
}

function reasonOf({ openedAt, limit, allowed }: OpenBreaker): string {
  const at = new Date(openedAt).toISOString().slice(0, 19).replace('T', ' ');
  return `It opened at ${at} UTC: more than ${allowed} writes in ${limit === 'writesPerMinute' ? 'a minute' : 'an hour'}.`;
}
