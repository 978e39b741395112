import type { Command } from 'commander';
import { CloudError } from '../errors.ts';
import type { TenantStatus } from './status.ts';
import { statusText } from './status-text.ts';

/** `homeward-cloud status`: exit code 0 where every forest is up, else 1, so that monitoring can call it. */
export function registerStatusCommand(
  program: Command,
  ask: () => Promise<TenantStatus>,
  print: (line: string) => void,
  end: (exit: 0 | 1) => void,
): void {
  program
    .command('status')
    .description('ask every agent now, and say whether passwords can be written; exit code 0 when all can')
    .option('--json', 'print one JSON object')
    .action(async ({ json }: { json?: boolean }) => {
      const status = await ask();
      print(json ? JSON.stringify(status, null, 2) : statusText(status));
      end(status.state.startsWith('up') ? 0 : 1);
    });
}

/** `homeward-cloud agent reinstate <id>`. @throws {CloudError} ERR_COMMAND_REFUSED where it was not shut out */
export function registerReinstateCommand(
  program: Command,
  reinstate: (agentId: string) => Promise<boolean>,
  print: (line: string) => void,
): void {
  const agents =
    program.commands.find((command) => command.name() === 'agent') ??
    program.command('agent').description('the agents of this cloud');
  agents
    .command('reinstate <id>')
    .description('let an agent in again of which a copy ran; stop the copy first')
    .action(async (agentId: string) => {
      if (!(await reinstate(agentId)))
        throw new CloudError(
          'ERR_COMMAND_REFUSED',
          `No agent of the id ${agentId} is shut out for a copy. Nothing was changed. See them all with: homeward-cloud agent list`,
        );
      print('Let in again. The machine connects by itself within a minute.');
    });
}
