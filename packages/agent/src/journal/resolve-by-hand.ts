import { OPERATIONS } from '@homeward/protocol/operation';
import { OUTCOMES } from '@homeward/protocol/outcome';
import type { AgentConfig } from '../config.ts';
import type { AgentLog } from '../log.ts';
import { ago } from '../status/print-rows.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { hang } from '../terminal/wrap-text.ts';
import { type Intent, openJournal } from '../writeback/journal.ts';
import { CLOCK_TOLERANCE } from '../writeback/time-window.ts';
import { confirmed } from './confirm.ts';
import { domainsOf } from './list-entries.ts';
import { type JournalEntry, readEntries } from './read-entries.ts';
import { expectStopped } from './stopped-journal.ts';

/** What a person who looked can say of a write. */
export const SEEN = { applied: 'applied', notApplied: 'notStarted' } as const;
export type Seen = keyof typeof SEEN;

export type ResolveByHandDeps = {
  terminal: Terminal;
  command: string;
  clock: { now: () => number };
  log: AgentLog;
  /** who is at this machine, for the event log */
  operator: string;
};

/**
 * `journal resolve`: ends a request by what a person saw in the directory. The cloud is told as of any other end, and
 * keeps the first one that it hears of.
 * @returns 0 written down, 1 not one that can be, 3 not confirmed
 * @throws {AgentError} ERR_ALREADY_RUNNING
 */
export async function resolveByHand(
  { stateFolder }: Pick<AgentConfig, 'stateFolder'>,
  { requestId, seen, yes = false }: { requestId: string; seen: Seen; yes?: boolean },
  deps: ResolveByHandDeps,
): Promise<0 | 1 | 3> {
  const { terminal, clock, command } = deps;
  const say = (text: string) => {
    for (const line of hang('', text, terminal.width)) terminal.print(line);
  };
  const entry = readEntries(stateFolder)?.entries.find((one) => one.requestId === requestId);
  const not = whyNot(entry, clock.now());
  if (entry === undefined || not !== undefined) {
    say(`Nothing was changed. ${not} What is not over:`);
    terminal.print(`${command} journal list`);
    return 1;
  }
  // Nobody stops an agent for an id that is misspelt.
  expectStopped(stateFolder);
  const { operation, forest = '', objectGuid, controller, intendedAt = 0 } = entry;
  const domain = domainsOf(stateFolder).get(forest) ?? forest;
  say(`Request ${requestId}: ${operation} of the person with objectGUID ${objectGuid}, ${domain}.`);
  say(`It was begun ${ago(intendedAt, clock.now())} at ${controller}.`);
  say(MEANING[seen]);
  if (!yes && !(await confirmed(terminal, 'Is this what you saw in the directory?'))) return 3;
  const ended = settle(stateFolder, requestId, seen, deps);
  if (!ended) {
    say('Nothing was changed. It has ended meanwhile, and the first end stands.');
    return 1;
  }
  say(`Written down as ${seen}. The cloud is told as soon as the agent runs again.`);
  return 0;
}

function whyNot(entry: JournalEntry | undefined, now: number): string | undefined {
  if (entry === undefined) return 'The journal holds no open request of this id: it has ended, or never was.';
  if (entry.state === 'untold') return `It has ended already, as ${entry.outcome}, and the first end stands.`;
  const end = entry.expires + CLOCK_TOLERANCE;
  if (now > end) return undefined;
  return `It may still be carried out until ${new Date(end).toISOString().slice(11, 19)} UTC, and be resolved by the agent itself.`;
}

const MEANING: Readonly<Record<Seen, string>> = {
  applied:
    'It is written down for good that it was applied. The person and the audit log are told that the password was written.',
  notApplied:
    'It is written down for good that it was not applied. The person and the audit log are told that nothing was written. If the controller comes back and has written it after all, nobody hears of that.',
};

function settle(
  stateFolder: string,
  requestId: string,
  seen: Seen,
  { clock, log, operator }: ResolveByHandDeps,
): boolean {
  const journal = openJournal(stateFolder, clock.now);
  try {
    const intent = journal.unsettled().find((one) => one.requestId === requestId);
    if (intent === undefined) return false;
    const kind = SEEN[seen];
    const told = { outcome: { kind, evidence: { kind: 'none' } }, event: eventOf(intent, seen) } as const;
    journal.settle(intent, told);
    const { operation, forest, before } = intent;
    const fields = { event: told.event, requestId, operation, forest, outcome: kind, before };
    log.warn(fields, `${operator} wrote down on this machine that it was ${SAID[seen]}`);
    return true;
  } finally {
    journal.close();
  }
}

const SAID: Readonly<Record<Seen, string>> = { applied: 'applied', notApplied: 'not applied' };

function eventOf({ operation }: Intent, seen: Seen): number {
  return OUTCOMES[SEEN[seen]].event ?? OPERATIONS[operation].succeeded;
}
