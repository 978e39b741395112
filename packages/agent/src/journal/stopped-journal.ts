import { AgentError } from '../errors.ts';
import { readJournalFacts } from '../status/read-journal-facts.ts';

/** Only one process may write the journal. @throws {AgentError} ERR_ALREADY_RUNNING, saying what to do */
export function expectStopped(stateFolder: string): void {
  if (readJournalFacts(stateFolder).state !== 'held') return;
  throw new AgentError(
    'ERR_ALREADY_RUNNING',
    'the agent runs, and while it does its journal is its own. Nothing was changed. Stop the agent, run this again, then start it: another agent of the forest serves people meanwhile, and without one they are told to try again later',
  );
}
