import type { Command } from 'commander';
import type { AgentConfig } from '../config.ts';
import { type AdmitDeps, admitCommand } from './admit-command.ts';
import { type DisableDeps, type DisableOptions, disableCommand } from './disable-command.ts';
import { type EnableDeps, type EnableOptions, enableCommand } from './enable-command.ts';

type Start = () => { config: AgentConfig; deps: EnableDeps & DisableDeps & AdmitDeps };

/** `writeback enable | disable`, and `admit`; `enroll` is what `writeback enable` was called before. */
export function registerWriteback(program: Command, start: Start): void {
  const writeback = program
    .command('writeback')
    .description('make this machine an agent, or no agent any more');
  for (const enable of [writeback.command('enable'), program.command('enroll', { hidden: true })]) {
    enable
      .description('make this machine’s keys and introduce it to the cloud, once')
      .requiredOption('--cloud <url>', 'address of the cloud, such as https://reset.example.com')
      .option('--token-file <file>', 'file that holds an enrolment token; - for standard input')
      .option('--token <token>', 'the enrolment token itself (visible in the process list)')
      .addHelpText(
        'after',
        '\nWithout a token it shows a code, and waits until an administrator approves it.',
      )
      .action(async (options: EnableOptions) => {
        const { config, deps } = start();
        await enableCommand(config, options, deps);
      });
  }
  writeback
    .command('disable')
    .description('end the enrolment, and destroy the keys on both sides; the journal stays')
    .option('--local-only', 'destroy this machine’s keys although the cloud cannot be told')
    .action(async (options: DisableOptions) => {
      const { config, deps } = start();
      await disableCommand(config, options, deps);
    });
  program
    .command('admit')
    .description('let a further agent serve the forests of this one')
    .argument('<fingerprint>', 'as the new machine shows it, whole')
    .action(async (fingerprint: string) => {
      const { config, deps } = start();
      await admitCommand(config, fingerprint, deps);
    });
}
