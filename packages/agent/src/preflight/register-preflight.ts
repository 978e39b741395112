import type { Command } from 'commander';
import {
  type PreflightConfig,
  type PreflightDeps,
  type PreflightOptions,
  preflight,
} from './preflight-command.ts';

/** Adds `preflight`. `end` gets the exit code. */
export function registerPreflight(
  program: Command,
  start: () => { config: PreflightConfig; deps: PreflightDeps },
  end: (exit: number) => void,
): void {
  program
    .command('preflight')
    .description('check everything that a reset needs; exit code 0 when nothing fails, else 1')
    .option('--user <name>', 'follow this person from the directory to a reset, without writing')
    .option('--cloud <url>', 'the cloud to try before this agent is enrolled')
    .option('--idle <seconds>', 'watch an idle connection to the relay for so long (10 s; 0: not at all)')
    .option('--json', 'print the result as JSON')
    .action(async (options: PreflightOptions) => {
      const { config, deps } = start();
      end(await preflight(config, options, deps));
    });
}
