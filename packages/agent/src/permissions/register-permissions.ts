import { type Command, Option } from 'commander';
import type { AgentConfig } from '../config.ts';
import { type ChangeOptions, changePermissions } from './change-command.ts';
import type { PermissionsDeps } from './permissions-deps.ts';
import { type ShowOptions, showPermissions } from './show-command.ts';

type Start = () => { config: AgentConfig; deps: PermissionsDeps };

/** Adds `permissions show | grant | revoke`. `end` gets the exit code. */
export function registerPermissions(program: Command, start: Start, end: (exit: number) => void): void {
  const permissions = program
    .command('permissions')
    .description('what the agent’s account may do in the directory, and what it lacks');

  withPlace(permissions.command('show'))
    .description('show each right by OU; exit code 0 when all that are needed are held, else 1')
    .option('--people', 'look at each person’s own permissions, too')
    .option('--all', 'show OUs without people, too')
    .action(async (options: ShowOptions) => {
      const { config, deps } = start();
      end(await showPermissions(config, options, deps));
    });

  for (const kind of ['grant', 'revoke'] as const)
    withPlace(permissions.command(kind))
      .description(
        kind === 'grant'
          ? 'give the account what it lacks; shows every change first'
          : 'take the account’s own entries away again; shows every change first',
      )
      .option('--right <name>', 'this right alone, or needed, optional, all; may be repeated', collect)
      .option('--people', 'also what single people’s own permissions deny')
      .option(
        '--as <account>',
        'the administrator who makes the changes, such as administrator@corp.example.com',
      )
      .option('--password-file <file>', 'file that holds the administrator’s password; - for standard input')
      .option('--yes', 'make the changes without asking')
      .addOption(new Option('--print-only', 'print the dsacls lines alone, change nothing').conflicts('yes'))
      .action(async (options: ChangeOptions) => {
        const { config, deps } = start();
        end(await changePermissions(kind, config, options, deps));
      });
}

function withPlace(command: Command): Command {
  return command
    .option('--ou <dn>', 'this OU and what is below it; may be repeated', collect)
    .option('--forest <domain>', 'this forest alone')
    .option('--json', 'print the result as JSON');
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
