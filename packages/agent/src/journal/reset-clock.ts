import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EVENTS } from '@homeward/protocol/event';
import type { AgentConfig } from '../config.ts';
import { readEnrolment } from '../enrol/enrolment.ts';
import type { AgentDeps } from '../service.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { hang } from '../terminal/wrap-text.ts';
import { KEPT_FOR } from '../writeback/journal.ts';
import { CLOCK_TOLERANCE, LONGEST_LIFE } from '../writeback/time-window.ts';
import { cloudOffset } from './cloud-offset.ts';
import { confirmed } from './confirm.ts';
import { readEntries } from './read-entries.ts';
import { expectStopped } from './stopped-journal.ts';

export type ResetClockDeps = Pick<AgentDeps, 'fetch' | 'clock' | 'log'> & {
  terminal: Terminal;
  /** who is at this machine, for the event log */
  operator: string;
};

/**
 * `journal reset-clock`: for a machine whose clock was once ahead. What had expired by then stays refused until that
 * time comes, which is every request; with the clock right again it is enough that what has expired by now does.
 * @returns 0 set, or nothing to set; 1 the clock is not right; 3 not confirmed
 * @throws {AgentError} ERR_ALREADY_RUNNING
 */
export async function resetClock(
  { stateFolder }: Pick<AgentConfig, 'stateFolder'>,
  { yes = false }: { yes?: boolean },
  deps: ResetClockDeps,
): Promise<0 | 1 | 3> {
  const { terminal, clock, log, operator } = deps;
  const say = (text: string) => {
    for (const line of hang('', text, terminal.width)) terminal.print(line);
  };
  expectStopped(stateFolder);
  const highWater = readEntries(stateFolder)?.highWater ?? 0;
  if (highWater <= clock.now()) {
    say('Nothing to do: this machine has never seen a later time than now.');
    return 0;
  }
  const offset = await cloudOffset(readEnrolment(stateFolder)?.cloudUrl, deps);
  if (offset !== undefined && Math.abs(offset) > CLOCK_TOLERANCE) {
    const seconds = Math.round(Math.abs(offset) / 1_000);
    say(
      `Nothing was changed. This machine is ${seconds} s ${offset > 0 ? 'behind' : 'ahead of'} the cloud’s clock: set the clock first, for example with chrony or systemd-timesyncd.`,
    );
    return 1;
  }
  if (offset === undefined)
    say('The cloud cannot be asked for the time. Compare this machine’s clock with another one yourself.');
  say(`The clock is ${stamp(clock.now())} UTC now. It was once at ${stamp(highWater)} UTC.`);
  if (!yes && !(await confirmed(terminal, 'Is the time right now?'))) return 3;
  const now = clock.now();
  const next = highWaterAfter(highWater, now);
  write(stateFolder, next);
  log.warn(
    { event: EVENTS.configurationError },
    `${operator} set the latest time seen back from ${stamp(highWater)} to ${stamp(next)} UTC: the clock of this machine was once ahead`,
  );
  const from = next > now ? `, from ${stamp(next)} UTC on at the latest` : '';
  say(`Set. Start the agent: requests are taken again${from}.`);
  return 0;
}

/**
 * A day after its end a request's entry may go. A clock that was ahead by more than that has made entries go of
 * requests that could still be repeated: those have to be over first.
 */
export function highWaterAfter(highWater: number, now: number): number {
  const hasForgotten = highWater - now > KEPT_FOR - CLOCK_TOLERANCE;
  return hasForgotten ? Math.min(highWater, now + LONGEST_LIFE + 2 * CLOCK_TOLERANCE + 1) : now;
}

function write(stateFolder: string, highWater: number): void {
  const database = new DatabaseSync(join(stateFolder, 'journal.db'));
  try {
    // The lock is the single-instance lock: an agent that starts just now is told that the journal is in use.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL;');
    database.prepare('UPDATE clock SET high_water = ?').run(highWater);
  } finally {
    database.close();
  }
}

function stamp(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}
