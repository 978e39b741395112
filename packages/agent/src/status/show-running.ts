import { readLinkFacts } from '../link/link-facts.ts';
import { readRulesFacts } from '../rules/rules-facts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { journalRows, linkRows, rulesRows } from './agent-rows.ts';
import { section } from './print-rows.ts';
import { readJournalFacts } from './read-journal-facts.ts';

export type WithoutConfig = {
  stateFolder: string;
  deps: { terminal: Terminal; command: string; clock: { now: () => number } };
};

/**
 * An agent that runs goes on with what it has read, also when its configuration or its rules can no longer be used:
 * what it said of itself is told then, from the state folder alone.
 */
export function showRunning({ stateFolder, deps }: WithoutConfig): void {
  const { terminal, command, clock } = deps;
  const journal = readJournalFacts(stateFolder);
  if (journal.state !== 'held') return;
  const said = { journal, links: readLinkFacts(stateFolder), rules: readRulesFacts(stateFolder) };
  const now = clock.now();
  section(terminal, 'The running agent', [
    ...journalRows(journal, command, now),
    ...linkRows(said, command, now),
    ...rulesRows(said, command, now),
  ]);
  terminal.print();
}
