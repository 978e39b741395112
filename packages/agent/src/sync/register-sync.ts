import type { Command } from 'commander';
import type { AgentConfig } from '../config.ts';
import { type Enrolment, readEnrolment } from '../enrol/enrolment.ts';
import { AgentError } from '../errors.ts';
import { loadKeys } from '../keys/key-store.ts';
import { cachedCredential } from '../link/credential-source.ts';
import { provenRequests } from '../network/proven-requests.ts';
import { type AgentDeps, syncOrder } from '../service.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { confirmHeld } from './confirm-command.ts';
import { explainPerson } from './explain-command.ts';
import { runSync } from './run-command.ts';

export type SyncCommandDeps = AgentDeps & { terminal: Terminal; command: string };

/** Adds `sync run`, `sync explain` and `sync confirm-deletions`. `end` gets the exit code. */
export function registerSync(
  program: Command,
  start: () => { config: AgentConfig; deps: SyncCommandDeps },
  end: (exit: number) => void,
): void {
  const sync = program.command('sync').description('bring people and groups to the cloud, and tell why not');
  sync
    .command('run')
    .description('read what changed and export it now; by the running agent where there is one')
    .option('--full', 'read everything again, and compare it with what the cloud holds')
    .option('--json', 'print the result as JSON')
    .action(async (options: { full?: boolean; json?: boolean }) => {
      const { config, deps } = start();
      const enrolment = enrolmentOf(config);
      const { clock, fetch } = deps;
      const keys = await loadKeys(config.stateFolder);
      const asking = { enrolment, keys, fetch, now: clock.now };
      const scim = provenRequests(cachedCredential(asking, 'scim'), asking);
      const cloud = { url: enrolment.cloudUrl, ...scim, fetch };
      end(await runSync(options, { ...deps, order: syncOrder(config, enrolment), cloud }));
    });
  sync
    .command('explain')
    .description('where a person is known, by which rules, and where their password would be written')
    .argument('<user>', 'sign-in name, account name, mail address, DN, GUID or cloudAnchor')
    .option('--json', 'print the result as JSON')
    .action((user: string, options: { json?: boolean }) => {
      const { config, deps } = start();
      end(explainPerson(user, options, { ...deps, order: syncOrder(config, enrolmentOf(config)) }));
    });
  sync
    .command('confirm-deletions')
    .description('let deletions go ahead that are held because there are so many')
    .option('--yes', 'confirm without asking')
    .option('--json', 'print the result as JSON')
    .action(async (options: { yes?: boolean; json?: boolean }) => {
      const { config, deps } = start();
      end(await confirmHeld(options, { ...deps, order: syncOrder(config, enrolmentOf(config)) }));
    });
}

function enrolmentOf({ stateFolder }: AgentConfig): Enrolment {
  const enrolment = readEnrolment(stateFolder);
  if (enrolment !== undefined) return enrolment;
  throw new AgentError(
    'ERR_NOT_ENROLLED',
    `no enrolment in ${stateFolder}; first run: homeward-agent writeback enable --cloud <address>`,
  );
}
