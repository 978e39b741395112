import type { Command } from 'commander';
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
