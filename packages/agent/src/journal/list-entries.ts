import type { AgentConfig } from '../config.ts';
import { readEnrolment } from '../enrol/enrolment.ts';
import { counted } from '../permissions/print-survey.ts';
import { ago, type Row, section } from '../status/print-rows.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { hang } from '../terminal/wrap-text.ts';
import { type JournalEntry, readEntries } from './read-entries.ts';

export type ListDeps = { terminal: Terminal; command: string; clock: { now: () => number } };

/** `journal list`: writes whose end is not known, and ends that the cloud has not acknowledged. */
export function listEntries(
  { stateFolder }: Pick<AgentConfig, 'stateFolder'>,
  options: { json?: boolean },
  { terminal, command, clock }: ListDeps,
): void {
  const entries = readEntries(stateFolder)?.entries ?? [];
  const domains = domainsOf(stateFolder);
  if (options.json) {
    const told = entries.map((entry) => ({ ...entry, domain: domains.get(entry.forest ?? '') }));
    return terminal.print(JSON.stringify({ entries: told }, null, 2));
  }
  for (const entry of entries) {
    section(terminal, `Request ${entry.requestId}`, rowsOf(entry, domains, clock.now()));
    terminal.print();
  }
  const open = entries.filter(({ state }) => state === 'open').length;
  const untold = entries.length - open;
  const say = (text: string) => {
    for (const line of hang('', text, terminal.width)) terminal.print(line);
  };
  if (entries.length === 0) return say('Nothing is open: every request has ended, and the cloud knows how.');
  if (untold > 0)
    say(
      `${counted(untold, 'request has', 'requests have')} ended that the cloud has not acknowledged: it is told again and again while the agent runs.`,
    );
  if (open === 0) return;
  say(
    `${counted(open, 'request is', 'requests are')} open: the running agent asks the directory by itself. Where a controller does not come back, look at the person in the directory, then stop the agent and say what you saw:`,
  );
  terminal.print(`${command} journal resolve <request id> --as applied|notApplied`);
}

/** By the SID of the forest's root domain. */
export function domainsOf(stateFolder: string): ReadonlyMap<string, string> {
  const forests = readEnrolment(stateFolder)?.forests ?? [];
  return new Map(forests.map(({ sid, domain }) => [sid, domain]));
}

function rowsOf(entry: JournalEntry, domains: ReadonlyMap<string, string>, now: number): Row[] {
  const { state, outcome, intendedAt, expires, operation, forest, objectGuid, controller } = entry;
  const rows: (Row | undefined)[] = [
    state === 'open'
      ? { title: 'State', text: 'open: whether it was written is not known', paint: 'warn' }
      : { title: 'State', text: `ended as ${outcome}, the cloud has not acknowledged it` },
    intendedAt === undefined
      ? { title: 'Expired', text: expires > now ? 'not yet' : ago(expires, now) }
      : { title: 'Begun', text: ago(intendedAt, now) },
    operation === undefined ? undefined : { title: 'Operation', text: operation },
    forest === undefined ? undefined : { title: 'Forest', text: domains.get(forest) ?? forest },
    objectGuid === undefined ? undefined : { title: 'Person', text: `objectGUID ${objectGuid}` },
    controller === undefined ? undefined : { title: 'Controller', text: controller },
  ];
  return rows.filter((row) => row !== undefined);
}
