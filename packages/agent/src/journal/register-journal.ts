import { type Command, Option } from 'commander';
import type { AgentConfig } from '../config.ts';
import { type ListDeps, listEntries } from './list-entries.ts';
import { type ResetClockDeps, resetClock } from './reset-clock.ts';
import { resolveByHand, SEEN, type Seen } from './resolve-by-hand.ts';

type Started = { config: AgentConfig; deps: ListDeps & ResetClockDeps };

/** Adds `journal list`, `journal resolve` and `journal reset-clock`. `end` gets the exit code. */
export function registerJournal(program: Command, start: () => Started, end: (exit: number) => void): void {
  const journal = program.command('journal').description('what this agent has begun, and how it ended');
  journal
    .command('list')
    .description('writes whose end is not known, and ends that the cloud has not acknowledged')
    .option('--json', 'print the result as JSON')
    .action((options: { json?: boolean }) => {
      const { config, deps } = start();
      listEntries(config, options, deps);
    });
  journal
    .command('resolve')
    .description('end an open request by what you saw in the directory; the agent must not run')
    .argument('<request id>', 'as "journal list" shows it')
    .addOption(
      new Option('--as <end>', 'what you saw of the person in the directory')
        .choices(Object.keys(SEEN))
        .makeOptionMandatory(),
    )
    .option('--yes', 'do not ask')
    .action(async (requestId: string, options: { as: Seen; yes?: boolean }) => {
      const { config, deps } = start();
      const { as: seen, ...more } = options;
      end(await resolveByHand(config, { requestId, seen, ...more }, deps));
    });
  journal
    .command('reset-clock')
    .description('for a machine whose clock was once ahead, so that every request is refused as expired')
    .option('--yes', 'do not ask')
    .action(async (options: { yes?: boolean }) => {
      const { config, deps } = start();
      end(await resetClock(config, options, deps));
    });
}
